"""HTML pages of documents: annotated sentences, images with boxes, links, and reports."""
