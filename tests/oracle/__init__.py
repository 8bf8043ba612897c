"""An oracle: the clouds' true events, matched by brute force and compared with the workspace's messages."""
