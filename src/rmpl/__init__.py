"""RMPL: relation-aware multi-task progressive learning for multimedia event extraction."""

__version__ = "0.1.0"
