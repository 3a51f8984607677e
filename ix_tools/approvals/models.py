"""Data types of approvals: binding, request content, origin, stored approval and reply."""

from dataclasses import dataclass
from typing import Literal

from ix_tools.approvals.host_answers import HostAnswer
from ix_tools.approvals.parked_calls import ParkedDraft
from ix_tools.approvals.requirements import ANY_PERSON, ApprovalRequirement

Channel = Literal["form", "terminal", "page", "covered", "policy"]
"""Where a person is asked. An approval on a page can also be decided in a terminal. Nobody is asked for `covered` (by the
approval of a workflow) and `policy` (approved automatically).
"""
DecisionPlace = Literal["terminal", "page", "chat"]
ApprovalState = Literal["pending", "approved", "rejected", "unanswered", "used", "stale", "expired"]


@dataclass(frozen=True, slots=True)
class Binding:
    """The call that an approval is valid for; any changed part needs another approval."""

    principal: str
    account: str
    operation: str
    arguments: str
    """Digest by `digests.digest_approval`, like the snapshot."""
    snapshot: str


@dataclass(frozen=True, slots=True)
class ApprovalRequestContent:
    """The content of a new approval: what the person sees, and the requirement to approve it."""

    text: str
    summary: str
    differs: bool = False
    requirement: ApprovalRequirement = ANY_PERSON
    sheet: str = ""
    """The same as data, for a page (`sheet.Sheet`, as JSON)."""
    origin: "CallOrigin | None" = None
    page: str = ""
    """The address of the server with the page, such as https://ix.example.pt; empty without one."""
    parked: ParkedDraft | None = None
    """The call, if it is carried out when it is approved, without being repeated."""
    minutes: int = 0
    """Minutes for which the approval is valid; 0 for the repository's default."""


@dataclass(frozen=True, slots=True)
class CallOrigin:
    """The interface and host that a call comes through, and the prompts they support."""

    face: str = "library"
    host: str = ""
    """The name that the program gives itself, unchecked."""
    can_show_form: bool = False
    """The host can show a form and return the answer."""
    can_open_link: bool = False
    """The host can open a page for the person without showing the link to the model."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A stored approval in its current state."""

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
    """The secret for the host, known only right after creation."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A person's answer, with the handle of the approval."""

    handle: str
    approved: bool
    accepted_differences: bool = False
    reason: str = ""
    from_host: HostAnswer | None = None
    """The host's answer; None if ix-tools itself asked in a terminal."""
