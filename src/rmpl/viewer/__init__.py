"""Drawing documents: marked sentences, boxed pictures, their links, and reports made of them."""
