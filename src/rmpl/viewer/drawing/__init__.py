"""A document as HTML: sentences, images, links, gold beside predicted."""
