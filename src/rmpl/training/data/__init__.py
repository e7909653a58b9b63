"""Training data: corpora, samples, their mixture and lengths."""

from rmpl._moved import from_module

_OLD = frozenset({"Corpus", "TrainingData", "digest_of"})
__getattr__ = from_module(__name__, "rmpl.training.data.training_data", _OLD)
