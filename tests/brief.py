"""How tests keep a model with random weights, which never stops by itself, to short answers."""

BRIEF = {
    "rmpl.tasks.event_mentions.TextEMI.max_tokens": 32,
    "rmpl.tasks.event_mentions.ImageEMI.max_tokens": 32,
    "rmpl.tasks.argument_roles.TextARE.max_tokens": 32,
    "rmpl.tasks.argument_roles.ImageARE.max_tokens": 32,
    "rmpl.tasks.caption.Caption.max_tokens": 8,
}
