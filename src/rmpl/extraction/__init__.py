"""Extraction: a trained model turns documents into events."""
