"""What readers of text event corpora share: raw mentions, selecting and mapping them, extents."""
