"""The base of the embedded model: how it is pretrained."""
