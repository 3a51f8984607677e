"""The policy file: read again at every call, and refused whole when anything about it is not right."""

import os
import stat
import sys
import threading
import tomllib
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from ix_tools.errors import Problem, SettingsError
from ix_tools.policy.rules import Rules

LARGEST = 1_000_000
"""Bytes; a policy is written by hand."""


class PolicyFile:
    """A policy that is in force as the file says at this moment; while the file is wrong, nothing it could govern goes out."""

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self.path = path
        self._read = b""
        self._rules: Rules | None = None
        self._reading = threading.Lock()

    def rules(self) -> Rules:
        """What it says now. Read each time: a changed file counts from the next call on, in every process."""
        content = self._content()
        with self._reading:
            if self._rules is None or content != self._read:
                self._rules = None
                rules = self._parsed(content)
                self._read, self._rules = content, rules
            return self._rules

    def _content(self) -> bytes:
        trouble = ""
        try:
            # Without waiting, or a pipe in its place would hold every call.
            handle = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            try:
                self._only_its_owners(os.fstat(handle))
                with open(handle, "rb", closefd=False) as file:
                    content = file.read(LARGEST + 1)
            finally:
                os.close(handle)
        except OSError as wrong:
            trouble = wrong.strerror or type(wrong).__name__
        if trouble:
            raise self._unusable(f"cannot be read ({trouble})", "correct its name or its permissions")
        if len(content) > LARGEST:
            raise self._unusable("is larger than a policy can be", "correct the file")
        return content

    def _only_its_owners(self, found: os.stat_result) -> None:
        """Whoever can write it decides what goes out, so that is its owner alone: of the file a link leads to, too."""
        if not stat.S_ISREG(found.st_mode):
            raise self._unusable("is not a file", "name the file")
        if sys.platform == "win32":
            return
        if found.st_mode & 0o022:
            mode = f"{stat.S_IMODE(found.st_mode):04o}"
            raise self._unusable(f"can be changed by other users ({mode})", f"chmod go-w {self.path}")
        if found.st_uid not in {0, os.geteuid()}:
            raise self._unusable("belongs to another user", f"chown it to root or to this user: {self.path}")
        for folder in {self.path.absolute().parent, self.path.resolve().parent}:
            open_to = folder.stat().st_mode
            if open_to & 0o002 and not open_to & stat.S_ISVTX:
                raise self._unusable(
                    f"lies in a folder that anybody can change ({folder})", f"chmod o-w {folder}"
                )

    def _parsed(self, content: bytes) -> Rules:
        problems: list[Problem] = []
        try:
            return Rules.model_validate(tomllib.loads(content.decode(), parse_float=Decimal))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
            trouble = f"is not valid TOML ({wrong})"
        except ValidationError as wrong:
            trouble = "cannot be used"
            problems = [
                Problem(*_place(error["loc"], str(error["msg"]).removeprefix("Value error, "), content))
                for error in wrong.errors(include_url=False, include_input=False, include_context=False)
            ]
        raise self._unusable(trouble, "correct the file; `ix-tools policy show` reads it", problems)

    def _unusable(self, what: str, next: str, problems: list[Problem] | None = None) -> SettingsError:
        return SettingsError(
            f"The policy file {self.path} {what}, so that nothing goes out.",
            code="policy_unusable",
            problems=problems or [],
            next=next,
        )


def _place(loc: tuple[int | str, ...], message: str, content: bytes) -> tuple[str, str]:
    """The field, with the rule's name instead of its number; a rule about several fields names the one to correct."""
    field, colon, rest = message.partition(": ")
    parts = [str(part) for part in loc if part not in {"function-before", "tuple"}]
    if colon and field.isidentifier():
        parts, message = [*parts, field], rest
    if message == "Extra inputs are not permitted":
        message = "there is no such key"
    if len(parts) > 1 and parts[0] == "rules" and parts[1].isdecimal():
        named = tomllib.loads(content.decode())["rules"][int(parts[1])]
        name = named.get("name") if isinstance(named, dict) else None
        parts[1] = str(name) if isinstance(name, str) else f"rule {int(parts[1]) + 1}"
        parts = parts[1:]
    return ".".join(parts) or "policy", message[:1].lower() + message[1:]
