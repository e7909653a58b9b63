"""Writers of the synthetic corpus, one module per format."""
