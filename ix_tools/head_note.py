"""The note of the newest audit row: a small file apart from the store, by which a store that lost rows is recognised."""

import os
from pathlib import Path


def read_note(path: Path) -> tuple[int, str]:
    """Read number and hash of the row that is noted as the newest; row 0 when none is, or the note cannot be read."""
    try:
        seq, _, digest = path.read_text().strip().partition(" ")
    except (OSError, UnicodeDecodeError):
        return 0, ""
    return (int(seq), digest) if seq.isdecimal() and len(seq) < 19 else (0, "")


def write_note(path: Path, seq: int, digest: str) -> None:
    """Write the note, whole or not at all.

    Raises: OSError where it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{seq}")
    with os.fdopen(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
        file.write(f"{seq} {digest}\n")
    half.replace(path)
