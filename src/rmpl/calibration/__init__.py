"""Measuring and fitting confidences, and the threshold of links."""
