"""Loading of the policy file, at every call; an invalid or unprotected file is refused as a whole."""

import errno
import os
import stat
import sys
import threading
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ix_tools.errors import Problem, SettingsError
from ix_tools.i18n.messages import Message, message, verbatim
from ix_tools.i18n.validation_faults import describe_fault, find_invalid_value
from ix_tools.policy.rules import Rules

MAX_BYTES = 1_000_000
"""Maximum size; a policy is written by hand."""
WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
MAX_LINKS = 40
"""Links that the operating system follows in one path."""


class PolicyFile:
    """A policy file; while it is unusable, every call under it is refused."""

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self.path = path
        self._last_content = b""
        self._rules: Rules | None = None
        self._reading = threading.Lock()

    def load_rules(self) -> Rules:
        """Read the file and return its rules, so that a change applies from the next call on.

        Raises:
            SettingsError: the file cannot be used.
        """
        content = self._read_content()
        with self._reading:
            if self._rules is None or content != self._last_content:
                self._rules = None
                rules = self._parse(content)
                self._last_content, self._rules = content, rules
            return self._rules

    def _read_content(self) -> bytes:
        trouble, content = "", b""
        try:
            # Non-blocking, because a pipe in its place would block every call.
            handle = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            try:
                self._check_ownership(os.fstat(handle))
                with open(handle, "rb", closefd=False) as file:
                    content = file.read(MAX_BYTES + 1)
            finally:
                os.close(handle)
        except OSError as wrong:
            trouble = wrong.strerror or type(wrong).__name__
        if trouble:
            raise self._build_error(
                message("cannot be read ({trouble})", trouble=trouble),
                message("correct its name or its permissions"),
            )
        if len(content) > MAX_BYTES:
            raise self._build_error(
                message("is larger than {limit} bytes", limit=f"{MAX_BYTES:,}"), message("shorten the file")
            )
        return content

    def _check_ownership(self, found: os.stat_result) -> None:
        """Refuse a file that others can change, directly or through a folder or link on its path."""
        if not stat.S_ISREG(found.st_mode):
            raise self._build_error(message("is not a regular file"), message("name a regular file"))
        if sys.platform == "win32":
            return  # modes mean nothing there; docs/concepts/policy.md says what to do instead
        if found.st_mode & WRITABLE_BY_OTHERS:
            mode = f"{stat.S_IMODE(found.st_mode):04o}"
            raise self._build_error(
                message("can be changed by other users ({mode})", mode=mode),
                verbatim(f"chmod go-w {self.path}"),
            )
        ours = {0, os.geteuid()}
        if found.st_uid not in ours:
            raise self._build_error(
                message("belongs to another user"),
                message("chown it to root or to this user: {path}", path=str(self.path)),
            )
        for place, at in walk_path(self.path):
            if at.st_uid not in ours:
                raise self._build_error(
                    message("is reached by a link that belongs to another user ({place})", place=str(place))
                    if stat.S_ISLNK(at.st_mode)
                    else message("lies in a folder that belongs to another user ({place})", place=str(place)),
                    message("chown it to root or to this user: {path}", path=str(place)),
                )
            # In a folder with the sticky bit (/tmp) nobody can replace the files of others.
            if stat.S_ISDIR(at.st_mode) and at.st_mode & WRITABLE_BY_OTHERS and not at.st_mode & stat.S_ISVTX:
                raise self._build_error(
                    message(
                        "lies in a folder that other users can change ({place}, {mode})",
                        place=str(place),
                        mode=f"{stat.S_IMODE(at.st_mode):04o}",
                    ),
                    verbatim(f"chmod go-w {place}"),
                )

    def _parse(self, content: bytes) -> Rules:
        problems: list[Problem] = []
        try:
            return Rules.model_validate(tomllib.loads(content.decode(), parse_float=Decimal))
        except RecursionError:
            trouble = message("is nested too deeply")
        except ValidationError as wrong:
            trouble = message("cannot be used")
            problems = [
                Problem(_locate_problem(error, content), describe_fault(error))
                for error in wrong.errors(include_url=False, include_input=False)
            ]
        except ValueError as wrong:  # not UTF-8, not TOML, or a number with thousands of digits
            trouble = message("is not valid TOML ({reason})", reason=str(wrong))
        raise self._build_error(
            trouble, message("correct the file; `ix-tools policy show` reads it"), problems
        )

    def _build_error(
        self, what: Message, next: Message, problems: list[Problem] | None = None
    ) -> SettingsError:
        return SettingsError(
            message(
                "The policy file {path} {what}; every call is refused until it is corrected.",
                path=str(self.path),
                what=what,
            ),
            code="policy_unusable",
            problems=problems or [],
            next=next,
        )


def walk_path(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield every folder and link on the path to a file, from the root on, without the file itself."""
    here, ahead, links = Path(path.absolute().anchor), list(path.absolute().parts[1:]), 0
    yield here, here.lstat()
    while ahead:
        name = ahead.pop(0)
        if name == "..":
            here = here.parent
            continue
        place = here / name
        at = place.lstat()
        if stat.S_ISLNK(at.st_mode):
            links += 1
            if links > MAX_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            yield place, at
            target = place.readlink()
            ahead[:0] = target.parts[1:] if target.is_absolute() else target.parts
            here = Path(target.anchor) if target.is_absolute() else here
        elif ahead or stat.S_ISDIR(at.st_mode):
            here = place
            yield place, at


def _locate_problem(fault: Mapping[str, Any], content: bytes) -> str:
    """Return the field of a problem, with the rule's name instead of its number; of several fields the one to correct."""
    own = find_invalid_value(fault)
    parts = [str(part) for part in fault["loc"] if part not in {"function-before", "tuple"}]
    if own is not None and own.field:
        parts.append(own.field)
    if len(parts) > 1 and parts[0] == "rules" and parts[1].isdecimal():
        named = tomllib.loads(content.decode())["rules"][int(parts[1])]
        name = named.get("name") if isinstance(named, dict) else None
        parts[1] = str(name) if isinstance(name, str) else f"rules.{int(parts[1]) + 1}"
        parts = parts[1:]
    return ".".join(parts) or "policy"
