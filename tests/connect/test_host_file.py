"""A host's file is written whole, with a copy of what it was, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ix_tools.connect.host_file import read_host_file, write_host_file
from ix_tools.connect.json_edit import NotEditable

NOW = 1_790_000_000.0


def write(path: Path, text: str, *, private: bool = False) -> Path | None:
    return write_host_file(read_host_file(path), text, private=private, clock=lambda: NOW)


def test_a_copy_of_what_was_there_is_kept_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text("before", encoding="utf-8")
    file.chmod(0o640)
    copy = write(file, "after")
    assert copy is not None
    assert (copy.read_text(), file.read_text()) == ("before", "after")
    assert {one.stat().st_mode & 0o777 for one in (copy, file)} == {0o640}
    again = write(file, "later")
    assert again is not None
    assert again != copy
    assert copy.read_text() == "before"
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([file.name, copy.name, again.name])


def test_a_file_that_holds_a_token_is_for_this_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text("before", encoding="utf-8")
    file.chmod(0o644)
    write(file, "after", private=True)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_new_file_comes_with_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "mcp.json"
    assert write(file, "{}") is None
    assert file.read_text() == "{}"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """People keep such files in a folder of their own, under version control."""
    real = tmp_path / "dotfiles" / "mcp.json"
    real.parent.mkdir()
    real.write_text("before", encoding="utf-8")
    link = tmp_path / "mcp.json"
    link.symlink_to(real)
    write(link, "after")
    assert link.is_symlink()
    assert real.read_text() == "after"


def make_read_only(file: Path) -> None:
    file.write_text("{}", encoding="utf-8")
    file.chmod(0o444)


def make_folder(file: Path) -> None:
    file.mkdir()


def make_dangling(file: Path) -> None:
    file.symlink_to(file.with_name("nowhere"))


def make_utf16(file: Path) -> None:
    file.write_text("{}", encoding="utf-16")


def make_foreign(file: Path) -> None:
    file.write_text("{}", encoding="utf-8")
    os.chown(file, 65534, -1)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_read_only, "write-protected"),
        (make_folder, "no file"),
        (make_dangling, "link to a file that does not exist"),
        (make_utf16, "not written in UTF-8"),
        pytest.param(
            make_foreign, "another user",
            marks=pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_written_safely_is_left_alone(make: object, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    assert callable(make)
    make(file)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(NotEditable, match=reason):
        write(file, "after")
    assert sorted(tmp_path.iterdir()) == before


def test_a_host_that_writes_at_the_same_moment_wins(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text("before", encoding="utf-8")
    read = read_host_file(file)
    file.write_text("the host's", encoding="utf-8")
    with pytest.raises(NotEditable, match="at the same moment"):
        write_host_file(read, "ours")
    assert file.read_text() == "the host's"


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mcp.json"
    file.write_text("before", encoding="utf-8")

    def refuse(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ix_tools.connect.host_file.os.fsync", refuse)
    with pytest.raises(NotEditable, match="No space left"):
        write(file, "after")
    assert file.read_text() == "before"
