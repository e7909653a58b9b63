"""PropBank on the English Web Treebank: its annotation, its frame files, the treebank."""
