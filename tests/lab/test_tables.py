"""The README's figures are the cards' figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxstudio.core.errors import BadInput
from voxstudio.core.paths import shipped
from voxstudio.engine.checkpoint import catalogue
from voxstudio.lab.tables import checkpoint_table, classifier_table, encoder_table, generator_table, write_table


def test_the_readme_states_what_the_cards_say(tmp_path: Path) -> None:
    readme = shipped("resources").parent / "README.md"
    assert checkpoint_table(catalogue([shipped("checkpoints")])) in readme.read_text(encoding="utf-8")
    assert generator_table(catalogue([shipped("checkpoints")])) in readme.read_text(encoding="utf-8")
    assert encoder_table(catalogue([shipped("checkpoints")])) in readme.read_text(encoding="utf-8")
    assert classifier_table(catalogue([shipped("checkpoints")])) in readme.read_text(encoding="utf-8")
    (tmp_path / "README.md").write_text("no marks")
    with pytest.raises(BadInput, match="lacks the marks"):
        write_table(tmp_path / "README.md")
