"""The local engine: batched greedy decoding under a grammar, on a loaded model."""
