"""How tests keep a model with random weights, which never stops by itself, to short answers."""

import pkgutil

BRIEF = {
    "rmpl.tasks.event_mentions.TextEMI.max_tokens": 32,
    "rmpl.tasks.event_mentions.ImageEMI.max_tokens": 32,
    "rmpl.tasks.argument_roles.TextARE.max_tokens": 32,
    "rmpl.tasks.argument_roles.ImageARE.max_tokens": 32,
    "rmpl.tasks.caption.Caption.max_tokens": 8,
}


def keep_to_short_answers() -> None:
    """Do so for the whole of this process: a worker, or a program that a page shows."""
    for name, tokens in BRIEF.items():
        owner, _, constant = name.rpartition(".")
        setattr(pkgutil.resolve_name(owner), constant, tokens)
