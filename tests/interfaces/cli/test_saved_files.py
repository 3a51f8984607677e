"""Files that a call saves replace nothing, neither where they are told to go nor in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ix_tools.interfaces.cli.saved_files import move_file, require_target
from ix_tools.interfaces.cli.translation import Misuse


def save(folder: Path, content: str) -> dict[str, str]:
    saved = folder / "FT 1-2026.pdf"
    saved.write_text(content)
    return {"file": str(saved)}


def test_a_file_in_a_folder_gets_a_number_where_one_is_already(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    places = [Path(str(move_file({"pdf": save(tmp_path, text)}, target)["pdf"]["file"])) for text in "abc"]
    assert [one.name for one in places] == ["FT 1-2026.pdf", "FT 1-2026 (2).pdf", "FT 1-2026 (3).pdf"]
    assert [one.read_text() for one in places] == ["a", "b", "c"]


def test_a_named_file_that_exists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="nothing is overwritten"):
        require_target(Path(save(tmp_path, "a")["file"]), saves_file=True)
