"""The files that every tool is published in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import schemas


def test_schemas_are_written_checked_and_cleaned_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def ran(word: str) -> tuple[int, str, str]:
        code = schemas.main([word], tmp_path)
        return code, *capsys.readouterr()

    (tmp_path / "ix_tools" / "schemas").mkdir(parents=True)
    assert ran("check")[0] == 1
    assert "openai.json: written" in ran("write")[1]
    assert ran("check") == (0, "Everything is up to date.\n", "")
    (tmp_path / "tool_schemas" / "left.json").write_text("{}")
    (tmp_path / "tool_schemas" / "openai.json").write_text("[]")
    code, _, told = ran("check")
    assert (code, sorted(told.splitlines())) == (1, ["left.json: left over", "openai.json: stale"])
    assert "left.json: removed" in ran("write")[1]
    assert ran("write")[1] == "Everything is up to date.\n"


def test_another_word_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert schemas.main(["mend"]) == 2
    assert "write|check" in capsys.readouterr().err
