"""Every way a call can fail, each saying what was sent, what to do next, and whether a retry is safe.

IxError                        what a face shows: code, message, problems, sent, next, retryable
├── SettingsError              no account, an unreadable file, a host that is not allowed
├── InvalidArguments           the arguments do not fit the operation
├── Refused                    a guard said no
│   └── NotAccepted            a guard wants a word from the caller first (`accept`)
├── NotPermitted               the caller's scopes or accounts do not reach that far
├── ApprovalRefused            declined, expired, used, for something else, or the document changed
├── StoreUnavailable           the approvals' file cannot be read or written
├── ServiceError               InvoiceXpress answered, and it was not a yes
│   ├── Rejected (422, 406)  NotFound (404)  Conflict (409)  AccessDenied (401, 403)
│   ├── RateLimited (429)  Unavailable (5xx)  Unreadable (an answer that makes no sense)
├── StoredDifferently          it was stored, but not as asked; it is held until a person has seen it
└── Unreachable                no answer; for a write the outcome is unknown
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ix_tools.legible import all_legible

Sent = Literal["nothing", "refused", "stored", "unknown"]
"""What reached InvoiceXpress: nothing; a request it refused; a request it carried out; nobody can tell yet."""

NOTHING_SENT = "Nothing was sent."


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the field, what is wrong with it, and what would be right."""

    field: str
    problem: str
    allowed: str = ""

    def as_dict(self) -> dict[str, str]:
        """As results show it, without an empty `allowed`."""
        shown = {"field": self.field, "problem": self.problem}
        return {**shown, "allowed": self.allowed} if self.allowed else shown


@dataclass
class IxError(Exception):
    """A failure a person or a model can act on."""

    message: str
    code: str = "error"
    problems: Sequence[Problem] = ()
    sent: Sent = "nothing"
    next: str = ""
    retryable: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.sent == "nothing":
            self.say_nothing_sent()
        super().__init__(self.message)

    def say_nothing_sent(self) -> None:
        """Say that nothing was sent: the sentence that users look for first is never left out of a refusal."""
        self.sent = "nothing"
        if NOTHING_SENT not in self.message:
            self.message = f"{self.message.rstrip()} {NOTHING_SENT}"

    def __str__(self) -> str:
        return self.message

    def as_dict(self) -> dict[str, Any]:
        """The same shape on every face."""
        # What InvoiceXpress answered, and names out of the account, are in here.
        shown: dict[str, Any] = all_legible(self._shown())
        return shown

    def _shown(self) -> dict[str, Any]:
        return {
            "ok": False,
            "code": self.code,
            "message": self.message,
            "problems": [problem.as_dict() for problem in self.problems],
            "sent": self.sent,
            "next": self.next,
            "retryable": self.retryable,
            **self.details,
        }


@dataclass
class SettingsError(IxError):
    """The settings do not allow the call: no account, an unreadable file, a host that is not allowed."""

    code: str = "settings"


@dataclass
class InvalidArguments(IxError):
    """The arguments do not fit the operation's schema."""

    code: str = "invalid_arguments"


@dataclass
class Refused(IxError):
    """A guard refused the call before anything was sent."""

    code: str = "refused"


@dataclass
class NotAccepted(Refused):
    """A guard found something the caller may want, but must say so: the codes go into `accept`."""

    code: str = "acceptance_needed"


@dataclass
class NotPermitted(IxError):
    """Whoever calls may not do this, or not in this account; `details.scope` names the scope that is missing."""

    code: str = "not_permitted"


@dataclass
class ApprovalRefused(IxError):
    """There is no valid approval for exactly this; the code says why."""

    code: str = "approval_refused"


@dataclass
class StoreUnavailable(IxError):
    """The approvals' database cannot be used, so nothing irreversible may go out."""

    code: str = "store_unavailable"


@dataclass
class ServiceError(IxError):
    """InvoiceXpress answered, and it was not a yes."""

    code: str = "service_error"
    sent: Sent = "refused"
    status: int = 0


@dataclass
class Rejected(ServiceError):
    """InvoiceXpress refused the content (422) or the document's state (406)."""

    code: str = "rejected"


@dataclass
class NotFound(ServiceError):
    """InvoiceXpress has nothing under that id or name."""

    code: str = "not_found"


@dataclass
class Conflict(ServiceError):
    """InvoiceXpress is already doing this, or it is already done (409)."""

    code: str = "conflict"


@dataclass
class AccessDenied(ServiceError):
    """The API key was refused."""

    code: str = "access_denied"


@dataclass
class RateLimited(ServiceError):
    """Too many requests a minute for this account."""

    code: str = "rate_limited"
    retryable: bool = True


@dataclass
class Unavailable(ServiceError):
    """InvoiceXpress failed (5xx); a write may or may not have happened."""

    code: str = "unavailable"


@dataclass
class Unreadable(ServiceError):
    """InvoiceXpress answered something that cannot be read as what was asked for."""

    code: str = "unreadable_answer"


@dataclass
class Unreachable(IxError):
    """No answer came; for a write, whether it happened is unknown."""

    code: str = "unreachable"


@dataclass
class StoredDifferently(IxError):
    """InvoiceXpress stored something else than what was asked; finalizing it needs a person who accepts that."""

    code: str = "stored_differently"
    sent: Sent = "stored"
