"""A user's own files, folders and pages as documents; no annotation is expected in them."""
