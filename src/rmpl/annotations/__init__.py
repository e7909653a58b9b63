"""Files of annotation tools: readers to documents, and writers from them."""
