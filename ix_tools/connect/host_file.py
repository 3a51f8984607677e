"""Write a host's file: a copy of what was there first, then the new one whole, with the mode of the old one."""

import os
import secrets
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ix_tools.connect.json_edit import NotEditable
from ix_tools.i18n.messages import message


@dataclass(frozen=True)
class HostFile:
    """A host's file as it was read."""

    path: Path
    """The path that the host uses; it may be a link."""
    target: Path
    """The file that is read and written."""
    content: bytes | None
    """None if there is no file."""
    text: str
    """The content; empty where there is no file."""


def read_host_file(path: Path) -> HostFile:
    """Read a host's file. One that is not there counts as empty.

    Raises:
        NotEditable: it cannot be read, or is no file of this user's.
    """
    target = Path(os.path.realpath(path))
    try:
        about = target.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise NotEditable(message("it is a link to a file that does not exist")) from None
        return HostFile(path, target, None, "")
    except OSError as trouble:
        raise NotEditable(message("it cannot be read ({reason})", reason=_name(trouble))) from None
    if not stat.S_ISREG(about.st_mode):
        raise NotEditable(message("it is no file"))
    if hasattr(os, "geteuid") and about.st_uid != os.geteuid():
        raise NotEditable(message("it belongs to another user"))
    try:
        content = target.read_bytes()
        return HostFile(path, target, content, content.decode("utf-8"))
    except UnicodeDecodeError:
        raise NotEditable(message("it is not written in UTF-8")) from None
    except OSError as trouble:
        raise NotEditable(message("it cannot be read ({reason})", reason=_name(trouble))) from None


def write_host_file(
    read: HostFile, text: str, *, private: bool = False, clock: Callable[[], float] = time.time
) -> Path | None:
    """Write a host's file as a whole. Return the copy of what was there; None where nothing was.

    Args:
        private: whether only this user may read it from now on, because it holds a token.

    Raises:
        NotEditable: it is write-protected, was changed since it was read, or cannot be written. It is then as it was.
    """
    mode = _find_mode(read)
    half = read.target.with_name(f".{read.target.name}.{secrets.token_hex(8)}.part")
    copy: Path | None = None
    try:
        read.target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy = keep_copy(read, mode, clock)
        _write_new(half, text.encode("utf-8"), 0o600 if private else mode)
        _check_unchanged(read)
        half.replace(read.target)
    except BaseException as trouble:
        for one in filter(None, (half, copy)):
            with suppress(OSError):
                one.unlink(missing_ok=True)
        if isinstance(trouble, OSError):
            raise NotEditable(message("it cannot be written ({reason})", reason=_name(trouble))) from None
        raise
    return copy


def keep_copy(read: HostFile, mode: int | None = None, clock: Callable[[], float] = time.time) -> Path | None:
    """Keep a copy of what was read beside the file, and return it; None where there was nothing.

    Args:
        mode: of the copy; by default only this user may read it.

    Raises:
        OSError: it cannot be written; nothing of it is left.
    """
    if read.content is None:
        return None
    moment = time.strftime("%Y%m%d-%H%M%S", time.localtime(clock()))
    place = read.target.with_name(f"{read.target.name}.{moment}.backup")
    return _write_new(place, read.content, 0o600 if mode is None else mode)


def _find_mode(read: HostFile) -> int:
    if read.content is None:
        return 0o600
    mode = stat.S_IMODE(read.target.stat().st_mode)
    # Even where the system would allow it, as for an administrator: somebody protected it on purpose.
    if not mode & stat.S_IWUSR:
        raise NotEditable(message("it is write-protected"))
    return mode


def _check_unchanged(read: HostFile) -> None:
    try:
        now: bytes | None = read.target.read_bytes()
    except FileNotFoundError:
        now = None
    if now != read.content:
        raise NotEditable(message("the host changed it at the same moment; quit the host first"))


def _write_new(path: Path, content: bytes, mode: int) -> Path:
    """Write a new file; if the name is taken, a number follows it."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    place, number = path, 1
    while True:
        try:
            handle = os.open(place, flags, 0o600)
            break
        except FileExistsError:
            place, number = path.with_name(f"{path.name}.{number}"), number + 1
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        place.chmod(mode)
    except OSError:
        with suppress(OSError):
            place.unlink(missing_ok=True)
        raise
    return place


def _name(trouble: OSError) -> str:
    return trouble.strerror or type(trouble).__name__
