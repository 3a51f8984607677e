"""A host's file is written whole, with a copy of what it was, or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ix_tools.connect.host_file import read_host_file, write_host_file
from ix_tools.connect.json_edit import NotEditable, set_entry

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
    assert list(tmp_path.iterdir()) == [file], "no half of a copy stays"


def test_a_file_too_large_for_the_disk_is_as_it_was(tmp_path: Path) -> None:
    """Refused by the system itself, after the copy was written."""
    resource = pytest.importorskip("resource")
    file = tmp_path / "mcp.json"
    file.write_text("before", encoding="utf-8")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(NotEditable, match="too large"):
            write(file, "x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_whoever_interrupts_it_finds_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mcp.json"
    file.write_text("before", encoding="utf-8")

    def interrupt(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(file, "after")
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "before"


def test_line_ends_tabs_and_a_mark_of_bytes_are_written_as_they_were_read(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    content = '\ufeff{\r\n\t"a": "é",\r\n\t"b": [\r\n\t\t1\r\n\t]\r\n}\r\n'.encode()
    file.write_bytes(content)
    read = read_host_file(file)
    write_host_file(read, set_entry(read.text, ["mcpServers", "invoicexpress"], {"args": ["serve"]}))
    after = file.read_bytes()
    assert after.startswith(content.removesuffix(b"\r\n}\r\n"))
    assert b"\n" not in after.replace(b"\r\n", b"")
    assert b'\t"mcpServers": {\r\n\t\t"invoicexpress": {\r\n\t\t\t"args": [' in after


def test_a_large_file_keeps_all_it_has(tmp_path: Path) -> None:
    """Some hosts keep the history of conversations in it."""
    file = tmp_path / "claude.json"
    before = {"projects": {f"/p{number}": {"history": ["x" * 500] * 10} for number in range(1000)}}
    file.write_text(json.dumps(before), encoding="utf-8")
    read = read_host_file(file)
    write_host_file(read, set_entry(read.text, ["mcpServers", "invoicexpress"], {"args": []}))
    after = json.loads(file.read_text(encoding="utf-8"))
    assert after == {**before, "mcpServers": {"invoicexpress": {"args": []}}}


def test_links_in_a_circle_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "b.json")
    (tmp_path / "b.json").symlink_to(tmp_path / "a.json")
    with pytest.raises(NotEditable):
        write(tmp_path / "a.json", "after")
    assert (tmp_path / "a.json").is_symlink()
