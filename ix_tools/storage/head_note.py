"""The head note: a file outside the store with the newest audit row, by which a store that lost rows is recognised."""

from pathlib import Path

from ix_tools.config.private_files import save_file


def read_head_note(path: Path) -> tuple[int, str]:
    """Read number and hash of the newest row; row 0 if there is no note or it cannot be read."""
    try:
        seq, _, digest = path.read_text(encoding="utf-8").strip().partition(" ")
    except (OSError, UnicodeDecodeError):
        return 0, ""
    return (int(seq), digest) if seq.isdecimal() and len(seq) < 19 else (0, "")


def write_head_note(path: Path, seq: int, digest: str) -> None:
    """Write the note atomically.

    Raises:
        OSError: it cannot be written.
    """
    save_file(path.parent, path.name, f"{seq} {digest}\n".encode())
