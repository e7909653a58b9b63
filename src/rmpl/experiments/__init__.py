"""Experiments: ablations and reproductions of published rows."""
