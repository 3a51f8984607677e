"""Data types of approvals: binding, request content, origin, stored approval and reply."""

from dataclasses import dataclass
from decimal import Decimal
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
    subject: str = ""
    """The document, such as invoices/1001; empty for a call without one."""
    amount: Decimal | None = None
    """The amount that the call moves, or the document's total, in euros; None if it is not known."""
    document: str = ""
    """Digest of what the document has before and after it is issued; empty for a call without one."""
    parts: str | None = None
    """The documents of an approval of many, as `joint_decisions.dump_parts` stores them."""


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
    credential: str = "local"
    """The caller's credential; see `ParkedDraft.credential`."""


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
    arguments: str = ""
    """Digest of the arguments, like the snapshot."""
    snapshot: str = ""
    decided_by: str = ""
    """The identity of whoever decided last, such as page:ana; empty if it is not known."""
    subject: str = ""
    amount: int | None = None
    """In cents; None if it is not known."""
    shown: str = ""
    """SHA-256 of the preview."""
    document: str = ""
    """Digest of what the document has before and after it is issued."""
    parts: str | None = None
    """As stored: `joint_decisions.load_parts` reads it."""
    choice: str | None = None
    """The documents that were left out, as stored: `joint_decisions.load_left_out` reads it."""
    handle: str = ""
    """The secret for the host, known only right after creation."""


@dataclass(frozen=True, slots=True)
class SignedApproval:
    """A signature with all that verifies it; binary parts in base64url."""

    record: str
    """What was signed: see `signatures.py`."""
    person: str
    passkey: str
    shared_with: str
    """Who sent the invitation to a passkey that was not confirmed yet; empty otherwise."""
    credential: str
    """Attested credential data: the credential's id and its public key."""
    credential_id: str
    client_data: str
    authenticator_data: str
    signature: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence of who decides, besides the name."""

    shared_with: str | None = None
    """Who else may be the person: who set their PIN, or sent the invitation to their passkey. Empty if that is not recorded."""
    passkey: str = ""
    """The id of the passkey that the person signed in with, if it was one."""
    signature: SignedApproval | None = None
    """The signature of exactly this request."""
    provider: str = ""
    """Who signed in at the OpenID provider: oidc:ISSUER#SUB; empty for another way."""

    def describe(self) -> str:
        """Return the end of a sentence for the audit trail."""
        if self.passkey:
            also = f", which {self.shared_with} may hold too" if self.shared_with else ""
            return f" with passkey {self.passkey}{also}"
        if self.provider:
            return f" as {self.provider}"
        return (
            ""
            if self.shared_with is None
            else f" with a PIN set by {self.shared_with or 'an unknown person'}"
        )


NO_EVIDENCE = Evidence()
"""Nothing but the name."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A person's answer, with the handle of the approval."""

    handle: str
    approved: bool
    accepted_differences: bool = False
    reason: str = ""
    from_host: HostAnswer | None = None
    """The host's answer; None if ix-tools itself asked in a terminal."""
