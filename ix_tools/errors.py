"""Error classes; each error says what was sent, what to do next, and if a retry is safe.

IxError                        what an interface shows: code, message, problems, sent, next, retryable
├── SettingsError              no account, an unreadable file, a host that is not allowed
├── InvalidArguments           the arguments do not fit the operation
├── Refused                    a guard refused the call
│   └── NotAccepted            a guard needs the caller's acceptance first (`accept`)
├── NotPermitted               outside the caller's scopes or accounts
├── ApprovalRefused            declined, expired, used, for another call, or the document changed
├── StoreUnavailable           the store cannot be read or written
├── ServiceError               InvoiceXpress answered with an error
│   ├── Rejected (422, 406)  NotFound (404)  Conflict (409)  AccessDenied (401, 403)
│   ├── RateLimited (429)  Unavailable (5xx)  Unreadable (an invalid answer)
├── StoredDifferently          stored, but not as asked; finalizing needs a person who accepts the differences
└── Unreachable                no answer; for a write the outcome is unknown
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ix_tools.error_codes import ERROR_CODES, Exit, Retry
from ix_tools.http_statuses import UNKNOWN_STATUS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import (
    NO_MESSAGE,
    Message,
    dump_message,
    join_messages,
    load_text,
    message,
    render,
)
from ix_tools.text.sanitize import sanitize_all

Sent = Literal["nothing", "refused", "stored", "unknown"]
"""The part of a call that reached InvoiceXpress: nothing, a request it refused, a request it carried out, or not known yet."""

NOTHING_SENT = message("Nothing was sent.")


DEFAULT_RETRY_SECONDS = 5
"""Seconds to wait before a retry if the answer does not say."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem with one field, and the value that would be allowed."""

    field: str
    problem: Message
    allowed: Message = NO_MESSAGE

    def dump(self) -> dict[str, Any]:
        """Return the stored form, which keeps messages."""
        return {
            "field": self.field,
            "problem": dump_message(self.problem),
            **({"allowed": dump_message(self.allowed)} if self.allowed else {}),
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "Problem":
        """Read the stored form."""
        return cls(stored["field"], load_text(stored["problem"]), load_text(stored.get("allowed", "")))

    def as_dict(self, language: Language = "en") -> dict[str, str]:
        """Return the problem as results show it, in English, without an empty `allowed`.

        For a person who reads another language, `for_person` is the same sentence in theirs.
        """
        shown = {"field": self.field, "problem": str(self.problem)}
        if allowed := str(self.allowed):
            shown["allowed"] = allowed
        if language != "en":
            shown["for_person"] = render(self.problem, language)
        return shown


@dataclass
class IxError(Exception):
    """A failure that a person or a model can act on."""

    message: Message
    code: str
    """A key of ERROR_CODES; most classes have their own."""
    problems: Sequence[Problem] = ()
    sent: Sent = "nothing"
    next: Message = NO_MESSAGE
    retryable: bool = False
    """Given only if the table says that it depends."""
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        retry = ERROR_CODES[self.code].retry
        if retry is not Retry.DEPENDS:
            self.retryable = retry is Retry.YES
        super().__init__(str(self.text))

    @property
    def text(self) -> Message:
        """The message, with the sentence that nothing was sent where that is so: no refusal may lack it."""
        if self.sent != "nothing" or str(NOTHING_SENT) in str(self.message):
            return self.message
        return join_messages((self.message, NOTHING_SENT), " ")

    def __str__(self) -> str:
        return str(self.text)

    def format_for_person(self, language: Language) -> str:
        """Return the problems, the message and the next step as plain lines for a terminal."""
        lines = [f"{one.field}: {render(one.problem, language)}".removeprefix(": ") for one in self.problems]
        return "\n".join([*lines, f"{render(self.text, language)} {render(self.next, language)}".rstrip()])

    def as_dict(self, language: Language = "en") -> dict[str, Any]:
        """Return the error as programs read it, in English.

        For a person who reads another language, `for_person` is the message in theirs, and each problem has one too.
        """
        # The texts include answers of InvoiceXpress and names from the account, so they are sanitized.
        shown: dict[str, Any] = sanitize_all({**self._to_dict(language), **self._name_code()})
        return shown

    def dump(self) -> dict[str, Any]:
        """Return the stored form, from which a replay shows the error again in any language."""
        stored: dict[str, Any] = sanitize_all(
            {
                **self._to_dict("en"),
                "message": dump_message(self.text),
                "problems": [problem.dump() for problem in self.problems],
                "next": dump_message(self.next),
            }
        )
        return stored

    def _name_code(self) -> dict[str, str]:
        """Name the code as programs know it: one that was renamed by its old name for one version, and by the new one beside it."""
        row = ERROR_CODES.get(self.code)
        if row is None or row.renamed is None or not row.renamed.is_taken:
            return {}
        return {"code": row.renamed.old, "new_code": self.code}

    def _to_dict(self, language: Language) -> dict[str, Any]:
        return {
            "ok": False,
            "code": self.code,
            "message": str(self.text),
            **({"for_person": render(self.text, language)} if language != "en" else {}),
            "problems": [problem.as_dict(language) for problem in self.problems],
            "sent": self.sent,
            "next": [{"why": str(self.next)}] if self.next else [],
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
    """A guard found something that the caller may intend and must confirm: the codes go into `accept`."""

    code: str = "acceptance_needed"


@dataclass
class NotPermitted(IxError):
    """The caller may not do this, or not in this account; `details.scope` names the missing scope."""


@dataclass
class ApprovalRefused(IxError):
    """There is no valid approval for exactly this call; the code says why."""


@dataclass
class StoreUnavailable(IxError):
    """The store cannot be used, so nothing irreversible may be sent."""

    code: str = "store_unavailable"


@dataclass
class ServiceError(IxError):
    """InvoiceXpress answered with an error."""

    sent: Sent = "refused"
    status: int = 0


@dataclass
class Rejected(ServiceError):
    """InvoiceXpress refused the content (422) or the document's state (406)."""

    code: str = "rejected"


@dataclass
class NotFound(ServiceError):
    """InvoiceXpress has no record with that id or name."""

    code: str = "not_found"


@dataclass
class Conflict(ServiceError):
    """InvoiceXpress is already doing this, or has done it (409)."""

    code: str = "conflict"


@dataclass
class AccessDenied(ServiceError):
    """InvoiceXpress refused the API key (401, 403)."""

    code: str = "access_denied"


@dataclass
class RateLimited(ServiceError):
    """Too many requests per minute for this account."""

    code: str = "rate_limited"


@dataclass
class Unavailable(ServiceError):
    """InvoiceXpress failed (5xx); a write may or may not have been carried out."""

    code: str = "unavailable"


@dataclass
class Unreadable(ServiceError):
    """InvoiceXpress gave an answer that cannot be read as the requested result."""

    code: str = "unreadable_answer"


@dataclass
class Unreachable(IxError):
    """No answer came; the outcome of a write is unknown."""

    code: str = "unreachable"


@dataclass
class StoredDifferently(IxError):
    """InvoiceXpress stored something else than asked; finalizing it needs a person who accepts the differences."""

    code: str = "stored_differently"
    sent: Sent = "stored"


def get_exit_code(error: IxError) -> Exit:
    """Return the exit code of a failure. `sent` counts before the error code."""
    if error.sent == "unknown":
        return Exit.UNKNOWN
    if error.sent == "stored":
        return Exit.STORED_DIFFERENTLY
    return ERROR_CODES[error.code].exit_code


def get_result_exit_code(body: Mapping[str, Any]) -> Exit:
    """Return the exit code of a result."""
    if body.get("status") == "approval_required":
        return Exit.APPROVAL_REQUIRED
    return Exit.OK if body.get("ok") else Exit.REFUSED


def get_http_status(error: IxError) -> int:
    """Return the HTTP status of a failure. An unknown outcome counts before the error code."""
    if error.sent == "unknown" and isinstance(error, ServiceError):
        return UNKNOWN_STATUS
    return ERROR_CODES[error.code].status


def get_retry_delay(error: IxError) -> int | None:
    """Return the seconds to wait before repeating the call, or None if it should not be repeated unchanged."""
    retry_after = str(error.details.get("retry_after", ""))
    if retry_after.isdecimal() and len(retry_after) < 7:
        return int(retry_after)
    return DEFAULT_RETRY_SECONDS if error.retryable else None
