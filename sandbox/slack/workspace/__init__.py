"""What a workspace consists of and keeps."""
