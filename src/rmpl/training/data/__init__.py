"""What a stage is trained on: corpora, samples, their mixture and lengths."""
