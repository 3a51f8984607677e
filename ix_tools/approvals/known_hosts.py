"""Known properties of MCP hosts: answering questions by themselves, and truncating messages.

A host names itself (`clientInfo.name`), and nobody checks that. So a name never decides if an answer counts: it only
chooses between two ways of asking a person, and explains to the caller what probably happened.
"""

import re
from dataclasses import dataclass

from ix_tools.i18n.messages import NO_MESSAGE, Message, message


@dataclass(frozen=True, slots=True)
class KnownHost:
    """The known properties of one host."""

    title: str
    """The product name."""
    pattern: str
    """A regular expression for the whole lower-case name in `clientInfo`."""
    answers_by_itself: Message = NO_MESSAGE
    """When it answers without asking anybody, as a clause; none if that is not known."""
    lines_shown: int | None = None
    """Lines of a form's message that it shows without a way to the rest; None if it is not known to truncate."""
    source: str = ""
    """Version, date and place of the observation."""


KNOWN_HOSTS: tuple[KnownHost, ...] = (
    KnownHost(
        "Claude Code",
        r"claude[- ]code",
        answers_by_itself=message(
            "it cancels every question when it runs without a terminal (`claude -p`), its VS Code extension "
            "has declined them unseen, and a hook may answer them"
        ),
        lines_shown=3,
        source="2.1.332 on 2026-11-29: dialog and `claude -p`; anthropics/claude-code#79174 (extension), #65572 (hooks)",
    ),
    KnownHost(
        "Codex",
        r"codex(-mcp-client)?",
        answers_by_itself=message(
            "it declines every question when it runs without a terminal (`codex exec`, its app server), and "
            "some versions accept unseen with an empty form"
        ),
        source="0.171.0 on 2026-11-29: `codex exec`; openai/codex#45621 (app server), openai/codex#21277 (empty accept)",
    ),
)


def find_known_host(host: str) -> KnownHost | None:
    """Find the entry for the name a host gives itself, such as `claude-code 2.1.332`."""
    name = re.sub(r"\s+v?\d[\w.+-]*$", "", host.strip().casefold())
    return next((one for one in KNOWN_HOSTS if re.fullmatch(one.pattern, name)), None)


def truncates_messages(host: str) -> bool:
    """Check if this host is known to show only the first lines of a form's message."""
    found = find_known_host(host)
    return found is not None and found.lines_shown is not None
