"""An oracle: what really happened in the clouds, matched by brute force, beside what the workspace server received."""
