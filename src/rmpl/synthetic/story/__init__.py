"""What the synthetic documents are about: casts, names and planned situations."""
