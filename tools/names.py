"""The public names of this version: `python -m tools.names write` keeps them in tests/released_names/, before a version is released.

A name that a released version had is kept, or marked as renamed (`ix_tools/renames.py`); tests/test_renames.py compares them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click

import ix_tools
from ix_tools.config.settings import AccountSettings, Settings
from ix_tools.error_codes import ERROR_CODES, Exit
from ix_tools.events.models import EVENT_TYPES
from ix_tools.interfaces.cli.commands import UTILITY_COMMANDS, build_program
from ix_tools.interfaces.cli.operation_command import OperationCommand
from ix_tools.interfaces.rest import RESOURCES
from ix_tools.operations.registry import catalogue
from ix_tools.operations.scopes import Scope
from ix_tools.policy.rules import EachOf, Rule, Rules
from ix_tools.renames import Renamed, list_marks, list_old_names, list_word_marks
from ix_tools.schemas.openapi import build_openapi
from ix_tools.version import __version__

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "released_names"


def list_names() -> dict[str, list[str]]:
    """Return every public name that this version takes, old ones among them, by kind."""
    found = {
        "tools": _list_tools(),
        "arguments": (f"{tool}.{name}" for tool in _list_tools() for name in _list_fields(catalogue()[tool])),
        "settings": _list_fields(Settings),
        "settings of an account": _list_fields(AccountSettings),
        "commands": _list_commands(),
        "exit codes": (f"{one.value} {one.name}" for one in Exit),
        "addresses": _list_addresses(),
        "error codes": (
            name
            for code, row in ERROR_CODES.items()
            for name in (code, *_old([row.renamed] if row.renamed else []))
        ),
        "policy": _list_fields(Rules),
        "rules of a policy": _list_fields(Rule),
        "words of a policy": (
            f"{name}={word}"
            for model in (Rules, Rule)
            for name, info in model.model_fields.items()
            for word in _list_words(info)
        ),
        "scopes": list(Scope),
        "events": list(EVENT_TYPES),
        "Python": ix_tools.__all__,
    }
    return {kind: sorted(names) for kind, names in found.items()}


def _old(marks: Iterable[Renamed]) -> Iterator[str]:
    yield from (mark.old for mark in marks if mark.is_taken)


def _list_tools() -> Iterator[str]:
    for name in catalogue():
        yield from catalogue().list_names(name)


def _list_fields(model: Any) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield from (name, *_old(list_marks(info)))


def _list_words(info: Any) -> Iterator[str]:
    """Yield the words among which a field chooses, old ones among them."""
    yield from _old(list_word_marks(info))
    left = [info.annotation, *info.metadata]
    while left:
        one = left.pop()
        if isinstance(one, EachOf):
            yield from one.allowed
        elif get_origin(one) is Literal:
            yield from get_args(one)
        else:
            left += get_args(one)


def _list_commands() -> Iterator[str]:
    program = build_program("en")
    context = click.Context(program)
    for name in program.list_commands(context):
        if name in UTILITY_COMMANDS:
            called = UTILITY_COMMANDS.list_names(name)
            command = program.get_command(context, name) if UTILITY_COMMANDS[name].module else None
        else:
            called = tuple(one.replace("_", "-") for one in catalogue().list_names(name.replace("-", "_")))
            command = program.get_command(context, name)
        for path in called:
            yield path
            if command is not None:  # serve, chat and demo read their own options
                yield from _list_options(path, command)


def _list_options(path: str, command: click.Command) -> Iterator[str]:
    for one in command.params:
        yield from (f"{path} {flag}" for flag in (*one.opts, *one.secondary_opts) if flag.startswith("--"))
    if isinstance(command, OperationCommand):
        for info in command.operation.model_fields.values():
            yield from (f"{path} --{old.replace('_', '-')}" for old in _old(list_marks(info)))
    for name, part in getattr(command, "commands", {}).items():
        for called in (name, *_old(list_old_names(part))):
            yield f"{path} {called}"
            yield from _list_options(f"{path} {called}", part)


def _list_addresses() -> Iterator[str]:
    for path, methods in build_openapi("https://invoices.example.com")["paths"].items():
        tool = path.removeprefix("/tools/")
        called = (
            [f"/tools/{name}" for name in catalogue().list_names(tool)] if tool in catalogue() else [path]
        )
        verbs = {"get", "post", "put", "patch", "delete"}.intersection(methods)
        called += [
            f"{old}{path.removeprefix(present)}"
            for present in (one.PATH for one in RESOURCES)
            if path.startswith(present)
            for old in _old(list_old_names(present))
        ]
        yield from (f"{verb.upper()} {one}" for one in called for verb in verbs)


def main(argv: Sequence[str]) -> int:
    """Write the names of this version."""
    if list(argv) != ["write"]:
        print("python -m tools.names write", file=sys.stderr)
        return 2
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / f"{__version__}.json"
    target.write_text(json.dumps(list_names(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {target.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
