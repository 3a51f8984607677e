"""Who carries out an intent: this process and no other, told apart from whoever had its number before or elsewhere."""

import os
import secrets
import socket
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

ACTIVE_LEASES: dict[str, float] = {}
"""Intents that this very process is carrying out now, and since when by its own clock."""


@cache
def host_id() -> str:
    """This machine since it was started, and the process numbers that count on it: containers may share a name."""
    marks = [socket.gethostname()]
    try:
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        marks.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        pass  # no such thing here: the name of the machine must do
    return f"{marks[0][:60]}-{sha256('|'.join(marks).encode()).hexdigest()[:8]}"


@cache
def process_id() -> str:
    """This process: machine, number, and a mark, because numbers are used again."""
    return f"{host_id()}/{os.getpid()}/{secrets.token_hex(4)}"


def _reset_after_fork() -> None:
    process_id.cache_clear()
    ACTIVE_LEASES.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


def is_process_running(process: int) -> bool:
    """Whether a process of this machine still runs."""
    if sys.platform == "win32":
        return True  # there, asking would stop the process; its lease tells instead
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_owner_running(owner: str) -> bool:
    """Whether the process behind an owner still runs, as far as this machine can tell; of another machine nobody can."""
    host, process, _ = owner.rsplit("/", 2)
    return host != host_id() or (int(process) != os.getpid() and is_process_running(int(process)))
