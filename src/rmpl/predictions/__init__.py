"""The prediction format: lines, files, results of extraction, and merged multimedia events."""
