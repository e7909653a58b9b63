"""The generated world: news-like documents with pictures, written in the real datasets' formats."""
