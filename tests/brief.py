"""How tests keep a model with random weights, which never stops by itself, to short answers."""

BRIEF = {
    "rmpl.extraction.pipeline.MENTION_TOKENS": 32,
    "rmpl.extraction.pipeline.ARGUMENT_TOKENS": 32,
    "rmpl.extraction.linking.comparison.CAPTION_TOKENS": 8,
}
