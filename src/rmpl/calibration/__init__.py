"""Fitting calibrated confidences and the link threshold on held-out data."""
