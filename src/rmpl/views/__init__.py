"""Documents and events that know their texts, for programs and notebooks: views on records."""
