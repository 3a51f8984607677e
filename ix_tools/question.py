"""A question that a person answers: what it is for, what they are shown, through what it came, and the answer."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

Channel = Literal["form", "terminal", "page", "covered"]
"""Where it is asked. What is asked on a page can be decided in a terminal, too."""
OUTSIDE: tuple[Channel, ...] = ("terminal", "page")
Place = Literal["terminal", "page"]
State = Literal["pending", "approved", "rejected", "used", "stale", "expired"]


def digest(content: Any) -> str:
    """The same content, the same digest, whatever the order of its keys."""
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, default=str, ensure_ascii=False).encode()
    ).hexdigest()


@dataclass(frozen=True, slots=True)
class Binding:
    """What an approval is for. Change any part and it is another approval."""

    principal: str
    account: str
    operation: str
    arguments: str
    snapshot: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person is to see."""

    text: str
    summary: str
    differs: bool = False
    sheet: str = ""
    """The same as data, for a page (`sheet.Sheet`, as JSON)."""
    by: "Asker | None" = None
    page: str = ""
    """The address of whoever shows the page, such as https://ix.example.pt; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Through what a call comes, and how it can ask a person."""

    face: str = "library"
    host: str = ""
    """What the program calls itself; nobody has checked it."""
    form: bool = False
    """It can put a question and carry the answer back."""
    link: bool = False
    """It can send the person to a page, out of the model's sight."""


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval as it stands."""

    id: str
    state: State
    channel: Channel
    operation: str
    account: str
    principal: str
    text: str
    summary: str
    differs: bool
    created_at: float
    expires_at: float
    reason: str | None = None
    decided_at: float | None = None
    sheet: str = ""
    face: str = ""
    host: str = ""
    page: str = ""
    handle: str = ""
    """The secret for the host, known only when it is first asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back from a person through a host: the handle, and what was answered."""

    handle: str
    approved: bool
    accepted_differences: bool = False
    reason: str = ""
