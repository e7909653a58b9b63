"""The images of the synthetic corpus: scenes drawn with their boxes."""
