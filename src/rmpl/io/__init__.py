"""Reading and writing files: documents, images, locks, and safe handling of untrusted input."""
