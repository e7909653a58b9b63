"""A mapping that gives a label two meanings is refused, whatever is labelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmpl.annotations.mapping_file import read_mapping
from rmpl.errors import RmplError

ARREST = "'Justice:Arrest-Jail'"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "roles: {By: Agent}\nignore: [By]",
            r"\.yaml:2: 'By' is named twice, in roles and in ignore",
        ),
        ("roles: {By: Agent}\nlinks: [By]", "'By' is named twice, in roles and in links"),
        ("relations: {at: x}\nignore: [at]", "'at' is named twice, in relations and in ignore"),
        (
            f"events: {{A: {ARREST}}}\nboxes: {{A: {{event: {ARREST}, role: Person}}}}",
            "'A' is named twice, in events and in boxes",
        ),
        ("entities: [PER]\nignore: [PER]", "'PER' is named twice, in entities and in ignore"),
    ],
)
def test_a_label_with_two_meanings(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "labels.yaml"
    path.write_text(text)
    with pytest.raises(RmplError, match=said):
        read_mapping(path)


def test_a_relation_may_be_called_like_a_role(tmp_path: Path) -> None:
    path = tmp_path / "labels.yaml"
    path.write_text("roles: {at: Place}\nrelations: {at: /located}")
    assert read_mapping(path).relations == {"at": "/located"}
