"""Pretraining the base of the embedded model."""
