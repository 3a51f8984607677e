"""Files that only this user may read, saved whole or not at all, on every system.

Where a file has an owner and a mode, the mode is 0600. Windows has lists of access instead: a file inherits those of the user's
profile, which others may not read, and `protect` takes away what a folder elsewhere would pass on.
"""

import os
import secrets
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ICACLS_SECONDS = 10


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


def protect(file: Path, system: str = sys.platform) -> bool:
    """Let nobody but this user read a file. Return False where the system could not be asked.

    Raises:
        OSError: the mode cannot be changed.
    """
    if system != "win32":
        file.chmod(0o600)
        return True
    # The user by SID (*S-1-3-4 is the owner), because names differ by language.
    words = ["icacls", str(file), "/inheritance:r", "/grant:r", "*S-1-3-4:F"]
    try:
        return subprocess.run(words, capture_output=True, check=False, timeout=ICACLS_SECONDS).returncode == 0  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False


def find_foreign_mode(file: Path, system: str = sys.platform) -> str:
    """Return the mode of a file that others may read or change, such as 0644; "" where only its owner may.

    Raises:
        OSError: the file is not there or may not be looked at.
    """
    mode = file.stat().st_mode & 0o777
    return f"{mode:04o}" if mode & 0o077 and system != "win32" else ""
