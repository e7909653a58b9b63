"""The prediction format: one line, the file, what is written besides, and merged events."""
