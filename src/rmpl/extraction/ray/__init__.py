"""Extraction by many processes and machines with Ray Data."""
