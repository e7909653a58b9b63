"""The synthetic corpus in the formats of real ones, one file a format."""
