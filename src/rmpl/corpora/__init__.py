"""Datasets in their original formats, read as streams of documents."""
