"""Identification of this process (host, pid, nonce), so that a reused pid is not mistaken for it."""

import os
import secrets
import socket
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

ACTIVE_LEASES: dict[str, float] = {}
"""Ids of the intents in progress in this process, with their start by its own clock."""


@cache
def host_id() -> str:
    """Identify this host by name, boot and pid namespace, because containers may share a name."""
    marks = [socket.gethostname()]
    try:
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip())
        marks.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        pass  # not available here: the host name must do
    return f"{marks[0][:60]}-{sha256('|'.join(marks).encode()).hexdigest()[:8]}"


@cache
def process_id() -> str:
    """Identify this process by host, pid and a random mark, because pids are reused."""
    return f"{host_id()}/{os.getpid()}/{secrets.token_hex(4)}"


def _reset_after_fork() -> None:
    process_id.cache_clear()
    ACTIVE_LEASES.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


def is_process_running(process: int) -> bool:
    """Check if a process of this host still runs."""
    if sys.platform == "win32":
        return True  # there, os.kill would stop the process; its lease decides instead
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_owner_running(owner: str) -> bool:
    """Check if an owner's process still runs; an owner on another host counts as running."""
    host, process, _ = owner.rsplit("/", 2)
    return host != host_id() or (int(process) != os.getpid() and is_process_running(int(process)))
