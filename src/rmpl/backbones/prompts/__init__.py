"""A prompt as tokens: chat templates, their frames, and document text as plain text."""
