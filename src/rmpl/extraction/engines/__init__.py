"""Engines answer prompts: a loaded model, or one on a server."""
