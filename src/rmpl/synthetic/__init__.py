"""The synthetic corpus: news-like documents with images, in the formats of real datasets."""
