"""Dry runs: memory, data and steps of a recipe, without training it."""
