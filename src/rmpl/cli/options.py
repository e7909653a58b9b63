"""Options that several commands share, each declared once."""

from __future__ import annotations

from typing import Annotated

import typer

Limit = Annotated[int | None, typer.Option(help="Process at most this many documents.", min=1)]
Unconstrained = Annotated[
    bool, typer.Option("--unconstrained", help="Turn the output grammar off.")
]
