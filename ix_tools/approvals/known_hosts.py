"""Known hosts: which of them answer questions by themselves, and which cut what they show. Data; nothing here decides.

A host names itself (`clientInfo.name`), and nobody checks that. So no name makes an answer count, or not count: a name
only chooses between two ways that both ask a person, and explains to whoever called what probably happened.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownHost:
    """What is known of one host."""

    title: str
    """Its name as people know it."""
    pattern: str
    """A regular expression that the whole name in `clientInfo` matches, in small letters."""
    answers_by_itself: str = ""
    """When it answers without asking anybody, in words that end a sentence; empty where that is not known."""
    lines_shown: int | None = None
    """How many lines of a form's message it shows without a way to the rest; None where it shows all, or is not known to cut."""
    source: str = ""
    """Where that was seen."""


KNOWN_HOSTS: tuple[KnownHost, ...] = (
    KnownHost(
        "Claude Code",
        r"claude[- ]code",
        answers_by_itself="it cancels every question when it runs without a terminal (`claude -p`), its VS Code extension "
        "has declined them unseen, and a hook may answer them",
        lines_shown=3,
        source="2.1.332 on 2026-11-29: dialog and `claude -p`; anthropics/claude-code#79174 (extension), #65572 (hooks)",
    ),
    KnownHost(
        "Codex",
        r"codex(-mcp-client)?",
        answers_by_itself="it declines every question when it runs without a terminal (`codex exec`, its app server), and "
        "some versions accept unseen with an empty form",
        source="0.171.0 on 2026-11-29: `codex exec`; openai/codex#45621 (app server), openai/codex#21277 (empty accept)",
    ),
)


def find_known_host(host: str) -> KnownHost | None:
    """The entry for what a host calls itself, such as `claude-code 2.1.332`; None for any other."""
    name = re.sub(r"\s+v?\d[\w.+-]*$", "", host.strip().casefold())
    return next((one for one in KNOWN_HOSTS if re.fullmatch(one.pattern, name)), None)


def truncates_messages(host: str) -> bool:
    """Whether this host is known to show only the first lines of a form's message."""
    found = find_known_host(host)
    return found is not None and found.lines_shown is not None
