"""What is asked of a person: what it is bound to, what they see, and what comes back."""

from dataclasses import dataclass
from typing import Literal

from ix_tools.approvals.host_answers import HostAnswer
from ix_tools.approvals.requirements import ANY_PERSON, ApprovalRequirement

Channel = Literal["form", "terminal", "page", "covered", "policy"]
"""Where it is asked. What is asked on a page can be decided in a terminal, too. What another yes covers, or what the
owner's policy lets out, is not asked.
"""
DecisionPlace = Literal["terminal", "page"]
ApprovalState = Literal["pending", "approved", "rejected", "unanswered", "used", "stale", "expired"]


@dataclass(frozen=True, slots=True)
class Binding:
    """What an approval is for. Change any part and it is another approval."""

    principal: str
    account: str
    operation: str
    arguments: str
    """As `digests.digest_approval` computes it, like the snapshot."""
    snapshot: str


@dataclass(frozen=True, slots=True)
class ApprovalRequestContent:
    """What a person is to see."""

    text: str
    summary: str
    differs: bool = False
    requirement: ApprovalRequirement = ANY_PERSON
    sheet: str = ""
    """The same as data, for a page (`sheet.Sheet`, as JSON)."""
    origin: "CallOrigin | None" = None
    page: str = ""
    """The address of whoever shows the page, such as https://ix.example.pt; empty where there is none."""


@dataclass(frozen=True, slots=True)
class CallOrigin:
    """Through what a call comes, and how it can ask a person."""

    face: str = "library"
    host: str = ""
    """What the program calls itself; nobody has checked it."""
    can_show_form: bool = False
    """It can put a question and carry the answer back."""
    can_open_link: bool = False
    """It can send the person to a page, out of the model's sight."""


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval as it stands."""

    id: str
    state: ApprovalState
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
    terms: str | None = None
    """As kept: `Terms.of` reads it."""
    handle: str = ""
    """The secret for the host, known only when it is first asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back from a person: the handle, and what was answered."""

    handle: str
    approved: bool
    accepted_differences: bool = False
    reason: str = ""
    from_host: HostAnswer | None = None
    """How a host brought it back; None where ix-tools itself asked the person, in a terminal."""
