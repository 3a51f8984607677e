"""What only some systems have is used in one place each, with another way elsewhere."""

from __future__ import annotations

import ast
import asyncio
import os
import signal
import sys
from pathlib import Path
from types import ModuleType

import anyio
import pytest

from ix_tools.interfaces import connections, signals
from ix_tools.interfaces.cli import prompt
from ix_tools.interfaces.signals import pass_on_signals, receive_signals

ROOT = Path(__file__).resolve().parents[2] / "ix_tools"
NOT_EVERYWHERE = {"fcntl", "grp", "msvcrt", "pty", "pwd", "resource", "termios", "tty", "winreg"}
PLACES = {"batch/xls_files.py", "interfaces/cli/prompt.py", "interfaces/connections.py"}
CALLS = {
    "fork",
    "forkpty",
    "getuid",
    "geteuid",
    "setsid",
    "fchmod",
    "add_signal_handler",
    "open_signal_receiver",
}
CALLERS = {
    "interfaces/cli/prompt.py",  # another way on Windows
    "interfaces/signals.py",
    "policy/file.py",  # returns before, on Windows
    "connect/host_file.py",  # only where there is one
}


def find_uses() -> tuple[set[str], set[str]]:
    """Return the modules that import what is not everywhere, and those that call it."""
    importing, calling = set(), set()
    for path in ROOT.rglob("*.py"):
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names) if {one.name for one in names} & NOT_EVERYWHERE:
                    importing.add(where)
                case ast.ImportFrom(module=name) if name in NOT_EVERYWHERE:
                    importing.add(where)
                case ast.Attribute(attr=name) if name in CALLS:
                    calling.add(where)
    return importing, calling


def test_what_is_not_everywhere_is_used_in_known_places_only() -> None:
    importing, calling = find_uses()
    assert importing == PLACES
    assert calling == CALLERS


def test_a_system_without_limits_of_open_files_has_connections_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "resource", None)
    connections.raise_open_file_limit()
    assert connections.compute_connection_limit() == connections.MAX_CONNECTIONS


def test_windows_names_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getlogin", lambda: "ana")
    monkeypatch.setattr(sys, "platform", "win32")
    assert prompt.identify_user() == "terminal:ana"


def test_windows_forgets_what_was_typed_before_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = list("sim")
    console = ModuleType("msvcrt")
    console.kbhit = lambda: bool(typed)  # type: ignore[attr-defined]
    console.getwch = typed.pop  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    monkeypatch.setattr(sys, "platform", "win32")
    prompt._discard_typed_input()
    assert typed == []


@pytest.mark.parametrize("by_handler", [False, True])
async def test_a_signal_is_received_and_the_handler_is_put_back(by_handler: bool) -> None:
    before = signal.getsignal(signal.SIGTERM)
    receive = pass_on_signals if by_handler else receive_signals
    with anyio.fail_after(100), receive(signal.SIGTERM) as received:
        signal.raise_signal(signal.SIGTERM)
        async for number in received:
            assert number == signal.SIGTERM
            break
    assert signal.getsignal(signal.SIGTERM) == before


async def test_a_loop_of_windows_is_recognized(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its method is the one that every loop inherits and that only raises NotImplementedError."""
    assert signals._loop_takes_signals()
    inherited = asyncio.AbstractEventLoop.add_signal_handler
    monkeypatch.setattr(type(asyncio.get_running_loop()), "add_signal_handler", inherited)
    assert not signals._loop_takes_signals()
