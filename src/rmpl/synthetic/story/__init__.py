"""The content of synthetic documents: participants, names and situations."""
