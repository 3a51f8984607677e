"""Connect one host: with its own program, by an edit of its file, or by showing the person what to write."""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ix_tools.connect.entries import Server
from ix_tools.connect.host_file import HostFile, keep_copy, read_host_file, write_host_file
from ix_tools.connect.hosts import Host, Machine
from ix_tools.connect.json_edit import NotEditable, find_entry, set_entry
from ix_tools.i18n.messages import NO_MESSAGE, Message, message, verbatim

OWN_COMMAND_SECONDS = 60


@dataclass(frozen=True)
class Plan:
    """The planned changes for a host; nothing is written yet."""

    host: Host
    server: Server
    file: Path
    """The host's file."""
    entry: str
    """The entry that the file will have."""
    commands: Sequence[Sequence[str]] = ()
    """Commands of the host's own program; the last one adds the entry."""
    read: HostFile | None = None
    new_text: str = ""
    """The file's content afterwards, where it is edited here."""
    is_there: bool = False
    """Whether exactly this entry is there already."""
    reason: Message = NO_MESSAGE
    """Why the person must write the entry; empty otherwise."""

    @property
    def is_by_hand(self) -> bool:
        """Whether the person writes the entry."""
        return bool(self.reason)


@dataclass(frozen=True)
class Outcome:
    """What was done."""

    written: bool
    copy: Path | None = None
    """The copy of what was in the file before."""
    reason: Message = NO_MESSAGE
    """Why nothing was written."""


def plan_connection(host: Host, server: Server, machine: Machine) -> Plan:
    """Plan how a host is connected; nothing is changed."""
    file = host.locate(machine)
    entry = host.render(server)
    if server.url and not host.takes_url:
        return Plan(host, server, file, entry, reason=NO_URL)
    program = host.find_program(machine)
    # A command's arguments can be read by other users of the machine.
    if program and host.commands and not server.token:
        return Plan(host, server, file, entry, commands=host.commands(program, server))
    if host.syntax != "json":
        return Plan(host, server, file, entry, reason=OTHER_FORM)
    try:
        read = read_host_file(file)
        path = [*host.path, server.name]
        wanted = host.form(server)
        is_there = find_entry(read.text, path) == wanted
        new_text = read.text if is_there else set_entry(read.text, path, wanted)
    except NotEditable as refused:
        return Plan(host, server, file, entry, reason=refused.reason)
    return Plan(host, server, file, entry, read=read, new_text=new_text, is_there=is_there)


NO_URL = message("this program takes remote servers in its own settings only, under Connectors")
OTHER_FORM = message("its form cannot be edited without losing comments")


def carry_out_plan(plan: Plan, environment: Mapping[str, str] | None = None) -> Outcome:
    """Write what was planned.

    Args:
        environment: Of the host's own program; this process's where it is None.
    """
    if plan.commands:
        return _let_program_write(plan, environment)
    if plan.is_there:
        return Outcome(written=True)
    if plan.read is None:
        return Outcome(written=False, reason=plan.reason)
    try:
        copy = write_host_file(plan.read, plan.new_text, private=bool(plan.server.token))
    except NotEditable as refused:
        return Outcome(written=False, reason=refused.reason)
    return Outcome(written=True, copy=copy)


def _let_program_write(plan: Plan, environment: Mapping[str, str] | None) -> Outcome:
    """Let the host's own program write its file. What was there is copied first, because some drop comments."""
    copy: Path | None = None
    read: HostFile | None = None
    # What cannot be read or copied is left to the program, which knows its file.
    with suppress(NotEditable, OSError):
        read = read_host_file(plan.file)
        copy = keep_copy(read)
    outcome = _run_commands(plan.commands, environment)
    if copy is not None and read is not None and _is_as_read(read):
        with suppress(OSError):
            copy.unlink()
        return outcome
    return replace(outcome, copy=copy)


def _is_as_read(read: HostFile) -> bool:
    try:
        return read.target.read_bytes() == read.content
    except OSError:
        return False


def _run_commands(commands: Sequence[Sequence[str]], environment: Mapping[str, str] | None = None) -> Outcome:
    said = ""
    for number, words in enumerate(commands, start=1):
        try:
            done = subprocess.run(  # noqa: S603 - the host's own program
                list(words),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                env=None if environment is None else dict(environment),
                timeout=OWN_COMMAND_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as trouble:
            said = type(trouble).__name__
            continue
        if done.returncode == 0 and number == len(commands):
            return Outcome(written=True)
        said = (done.stderr or done.stdout).strip()[-500:]
    return Outcome(written=False, reason=message("its own program refused it: {said}", said=verbatim(said)))
