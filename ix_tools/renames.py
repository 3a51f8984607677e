"""Public names that changed: the thing itself is marked with its old name, which is taken for one version, with a warning.

    spec = Spec(..., renamed=(Renamed("make_invoice", since="0.3"),))            a tool, its command, its address
    due_date: Annotated[date | None, Renamed("expires", since="0.3")] = None     an argument, a setting, a key of a policy
    "refused": ErrorCode(422, ..., renamed=Renamed("not_allowed", since="0.3"))  an error code
    decision: Annotated[..., RenamedWord("ask", since="0.3", new="person")]      a word of a policy, an argument or a setting
    @renamed("find", since="0.3")                                                a subcommand, above its @command.command
    PATH = Address("/events", Renamed("/news", since="0.3"))                     an address of REST, with what lies below it

Whatever reads names finds the old ones through the marks, so there is no list of them to keep.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from ix_tools import version
from ix_tools.i18n.messages import Message, message

log = logging.getLogger(__name__)
Thing = TypeVar("Thing")
_notices: ContextVar[dict[str, Message] | None] = ContextVar("notices of old names", default=None)


@dataclass(frozen=True, slots=True)
class Renamed:
    """The old name of the thing that it marks."""

    old: str
    since: str
    """The first version with the new name, such as 0.3. Every release of 0.3 takes the old name; 0.4 refuses it."""

    @property
    def is_taken(self) -> bool:
        """True while this version takes the old name."""
        return _read_minor(version.__version__) <= _read_minor(self.since)

    @property
    def last_version(self) -> str:
        """The last version that takes the old name."""
        return ".".join(map(str, _read_minor(self.since)))

    def warn(self, new: str) -> None:
        """Say that the old name was used: to whoever collects notices, otherwise in the log."""
        notice = message(
            "“{old}” is called “{new}” now; the old name works until version {last}.",
            old=self.old,
            new=new,
            last=self.last_version,
        )
        collected = _notices.get()
        if collected is None:
            log.warning("%s", notice)
        else:
            collected[self.old] = notice


@dataclass(frozen=True, slots=True)
class RenamedWord(Renamed):
    """The old form of one of the words among which the field chooses that it marks."""

    new: str

    def read(self, given: Any) -> Any:
        """Return a value, or a list of them, with the present word for the old one."""
        if given == self.old:
            self.warn(self.new)
            return self.new
        return [self.read(one) for one in given] if isinstance(given, list) else given


class Address(str):
    """An address of REST that has old ones; they are taken for what lies below it, too."""

    __slots__ = ("renamed",)
    renamed: tuple[Renamed, ...]

    def __new__(cls, path: str, *renamed: Renamed) -> Self:
        """Take the address and its marks."""
        made = super().__new__(cls, path)
        made.renamed = renamed
        return made


def renamed(old: str, since: str) -> Callable[[Thing], Thing]:
    """Mark something that takes attributes, such as a subcommand, with its old name."""

    def mark(thing: Thing) -> Thing:
        thing.renamed = (*list_old_names(thing), Renamed(old, since))  # type: ignore[attr-defined]
        return thing

    return mark


def list_old_names(thing: object) -> tuple[Renamed, ...]:
    """Return the marks of an address or of what `renamed` marked."""
    return getattr(thing, "renamed", ())


def _read_minor(text: str) -> tuple[int, int]:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


@contextmanager
def collect_notices() -> Iterator[Mapping[str, Message]]:
    """Collect what is said of old names meanwhile, by old name."""
    found: dict[str, Message] = {}
    token = _notices.set(found)
    try:
        yield found
    finally:
        _notices.reset(token)


class Named(dict[str, Thing]):
    """Things by name, found by an old name too while it is taken; only present names are listed."""

    def __init__(self, things: Mapping[str, Thing], marks: Callable[[Thing], Iterable[Renamed]]) -> None:
        """Take the things, and how each tells its old names."""
        super().__init__(things)
        self._marks = marks

    def __missing__(self, name: str) -> Thing:
        return super().__getitem__(self._find(name))

    def get(self, name: str, default: Thing | None = None) -> Thing | None:  # type: ignore[override]
        """Return a thing by its present or old name."""
        try:
            return self[name]
        except KeyError:
            return default

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or any(mark.old == name for mark, _ in self._list_taken())

    def list_names(self, name: str) -> tuple[str, ...]:
        """Return the present name of a thing and its old ones that are taken: what a list of names may call it."""
        return (name, *(mark.old for mark, present in self._list_taken() if present == name))

    def read_name(self, name: str) -> str:
        """Return the present name of what has this name; a name of nothing stays as it is."""
        return name if super().__contains__(name) or name not in self else self._find(name)

    def _find(self, name: str) -> str:
        for mark, present in self._list_taken():
            if mark.old == name:
                mark.warn(present)
                return present
        raise KeyError(name)

    def _list_taken(self) -> Iterator[tuple[Renamed, str]]:
        for present, thing in self.items():
            yield from ((mark, present) for mark in self._marks(thing) if mark.is_taken)


def list_marks(info: Any) -> Iterator[Renamed]:
    """Yield the marks of a field of a model."""
    yield from (one for one in info.metadata if type(one) is Renamed)


def list_word_marks(info: Any) -> Iterator[RenamedWord]:
    """Yield the marks of words of a field of a model."""
    yield from (one for one in info.metadata if isinstance(one, RenamedWord))


def take_old_names(fields: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values under the present names of their fields, with the present words.

    An old name beside its present one stays, so that the validation refuses it: nobody guesses which value is meant.
    """
    taken = dict(given)
    for name, info in fields.items():
        for mark in list_marks(info):
            if mark.is_taken and mark.old in taken and name not in taken and mark.old not in fields:
                taken[name] = taken.pop(mark.old)
                mark.warn(name)
        for word in list_word_marks(info):
            if word.is_taken and name in taken:
                taken[name] = word.read(taken[name])
    return taken
