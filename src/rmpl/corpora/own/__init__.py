"""Readers of documents and annotations of one's own, held against their schema."""
