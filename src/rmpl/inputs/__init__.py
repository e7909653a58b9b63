"""Reading a user's own files, folders and web pages as unannotated documents."""
