"""The sentences of the synthetic corpus, with their annotation."""
