"""Atomic saving of a file, without following links."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def save_file(folder: Path, name: str, content: bytes) -> Path:
    """Save content under a name in a folder. An existing file or link of that name is replaced, not followed.

    Raises:
        OSError: it cannot be saved; nothing is left of it.
    """
    if Path(name).name != name or name in {"", ".", ".."}:
        raise ValueError(f"not a file's name: {name!r}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # An unpredictable name and EXCL, because a prepared link would be followed to another file.
    half = folder / f".{name[:100]}.{secrets.token_hex(8)}.part"
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(half, flags, 0o600), "wb") as file:
            file.write(content)
        half.replace(folder / name)
    except BaseException:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise
    return folder / name
