"""The training loop of one stage: loss, optimizer, precision, evaluation, callbacks."""
