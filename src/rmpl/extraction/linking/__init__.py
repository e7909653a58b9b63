"""Cross-media linking: which text events and image events are the same event."""
