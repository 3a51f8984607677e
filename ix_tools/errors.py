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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any, Literal

from ix_tools.text.sanitize import sanitize_all

Sent = Literal["nothing", "refused", "stored", "unknown"]
"""What reached InvoiceXpress: nothing; a request it refused; a request it carried out; nobody can tell yet."""

NOTHING_SENT = "Nothing was sent."


class Exit(IntEnum):
    """How a command ends; a script may rely on it."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    APPROVAL_REQUIRED = 3
    SERVICE_REFUSED = 4
    UNREACHABLE = 5
    UNKNOWN = 6
    STORED_DIFFERENTLY = 7
    INTERRUPTED = 130


EXIT_MEANINGS: Mapping[Exit, str] = {
    Exit.OK: "It was done.",
    Exit.REFUSED: "Refused here: arguments, a rule, an approval declined or expired. Nothing was changed at InvoiceXpress. "
    "doctor, audit verify, audit reconcile: something is wrong.",
    Exit.USAGE: "The command line or the settings cannot be used. Nothing was sent.",
    Exit.APPROVAL_REQUIRED: "A person must approve first. Nothing that cannot be undone was sent; approve, then repeat the same command.",
    Exit.SERVICE_REFUSED: "InvoiceXpress refused it: content, state, id, key. Nothing was stored.",
    Exit.UNREACHABLE: "InvoiceXpress could not be reached or is not available for now. Nothing was stored; repeat later.",
    Exit.UNKNOWN: "Nobody can tell whether it was carried out. Look before you repeat it.",
    Exit.STORED_DIFFERENTLY: "It was stored, but not as asked, or a recipe stopped on its way. Do not create it again: "
    "correct or delete it, or go on as the message says.",
    Exit.INTERRUPTED: "Interrupted with Ctrl-C; the message says whether anything was sent.",
}


@dataclass(frozen=True, slots=True)
class HttpStatus:
    """How a call over HTTP ends: the name in RFC 9110 (Python's own change from version to version), and what it means here."""

    title: str
    meaning: str


DONE, WAITING = 200, 202
UNKNOWN_STATUS = 504

HTTP_STATUSES: Mapping[int, HttpStatus] = {
    DONE: HttpStatus("OK", "It was done; `ok` is true."),
    WAITING: HttpStatus(
        "Accepted",
        "A person must approve first. Nothing was sent; ask `Location` until it is approved, then repeat the same call.",
    ),
    400: HttpStatus(
        "Bad Request",
        "The request cannot be read: no JSON object, a field twice, two idempotency keys that differ. Nothing was sent.",
    ),
    401: HttpStatus("Unauthorized", "The request carries no token, or none that is valid. Nothing was sent."),
    403: HttpStatus(
        "Forbidden",
        "Not allowed: a person said no, the caller's scopes or accounts do not reach that far, or the settings leave it off. "
        "Nothing was sent.",
    ),
    404: HttpStatus("Not Found", "There is no such tool, document, client, approval or address."),
    405: HttpStatus("Method Not Allowed", "What changes something is a POST. Nothing was sent."),
    409: HttpStatus(
        "Conflict",
        "The call and what is there do not fit: it is being carried out already, the approval is used up or expired, the "
        "document changed, or it was stored differently than asked (`sent` says which). Do not repeat it unread.",
    ),
    413: HttpStatus("Content Too Large", "The request is too long. Nothing was sent."),
    415: HttpStatus("Unsupported Media Type", "The body must be application/json. Nothing was sent."),
    421: HttpStatus("Misdirected Request", "The server has another name. Nothing was sent."),
    422: HttpStatus(
        "Unprocessable Content",
        "Refused: the arguments, a rule, or InvoiceXpress itself; `problems` names the fields. Nothing was stored.",
    ),
    429: HttpStatus("Too Many Requests", "Wait as many seconds as `Retry-After` says. Nothing was stored."),
    500: HttpStatus("Internal Server Error", "The server's settings are wrong, or it failed; see `sent`."),
    502: HttpStatus(
        "Bad Gateway",
        "InvoiceXpress answered something that cannot be used, or refused the server's own key. Nothing was stored.",
    ),
    503: HttpStatus(
        "Service Unavailable",
        "Not now: InvoiceXpress is down, the store cannot be used, or a PDF is still being made. Nothing was stored; "
        "repeat after `Retry-After`, where it is there.",
    ),
    UNKNOWN_STATUS: HttpStatus(
        "Gateway Timeout",
        "No answer came from InvoiceXpress. Whether it was carried out is in `sent`; the same call again looks first.",
    ),
}


class Retry(Enum):
    """Whether the same call may simply be repeated."""

    NO = "no"
    YES = "yes"
    DEPENDS = "depends on the case"
    """Whoever raises it says so: a read may be repeated where a write may not."""


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row of the table of error codes."""

    status: int
    """Of the answer over HTTP; a failure at InvoiceXpress whose outcome is unknown is a 504 instead."""
    meaning: str
    exit_code: Exit = Exit.REFUSED
    """Of the command, unless something was stored or nobody can tell."""
    retry: Retry = Retry.NO


ERROR_CODES: Mapping[str, ErrorCode] = {
    # The arguments and the rules.
    "acceptance_needed": ErrorCode(422, "A rule wants a word from the caller first; `accept` takes it."),
    "ambiguous": ErrorCode(422, "A name means several things, or none exactly; `candidates` lists them."),
    "invalid_arguments": ErrorCode(422, "The arguments do not fit the operation's schema."),
    "refused": ErrorCode(422, "A rule refused the call."),
    "too_long": ErrorCode(413, "The request, or the PDF that is asked for, is too long."),
    "unknown_tool": ErrorCode(404, "There is no tool of that name."),
    "usage": ErrorCode(400, "The command line cannot be read.", Exit.USAGE),
    # Requests over HTTP.
    "host_not_served": ErrorCode(421, "The server is not known under the name in the request."),
    "idempotency_keys_differ": ErrorCode(400, "The header and the field name two idempotency keys."),
    "keys_unavailable": ErrorCode(503, "The keys of the tokens' issuer cannot be read now.", retry=Retry.YES),
    "malformed_request": ErrorCode(400, "The body is not one JSON object, or has a field twice."),
    "method_not_allowed": ErrorCode(405, "The address does not take this method."),
    "no_such_address": ErrorCode(404, "There is nothing at this address."),
    "not_signed_in": ErrorCode(401, "The request carries no token, or none that is valid."),
    "origin_not_allowed": ErrorCode(403, "A web page of that origin may not call this server."),
    "relayed_request": ErrorCode(403, "A proxy passed it on to a server that asks nobody who they are."),
    "too_many_calls": ErrorCode(429, "The caller made more requests than a minute has.", retry=Retry.YES),
    "unsupported_media_type": ErrorCode(415, "The body is not application/json."),
    # Settings, scopes and the policy.
    "account_needed": ErrorCode(422, "No account is named, or none that the settings know."),
    "account_not_permitted": ErrorCode(403, "The caller may not use this account."),
    "account_setup_off": ErrorCode(403, "The settings leave account setup off.", Exit.USAGE),
    "account_unknown": ErrorCode(404, "No request was ever sent for that account."),
    "allowance_used_up": ErrorCode(403, "The policy's allowance is used up, and nobody may approve more."),
    "denied_by_policy": ErrorCode(403, "The owner's policy denies the call."),
    "no_policy": ErrorCode(500, "There is no policy file.", Exit.USAGE),
    "operation_excluded": ErrorCode(403, "The settings exclude the operation.", Exit.USAGE),
    "policy_unusable": ErrorCode(500, "The policy file cannot be used, so nothing goes out.", Exit.USAGE),
    "read_only": ErrorCode(403, "The settings allow reading only.", Exit.USAGE),
    "sandbox_not_started": ErrorCode(500, "The sandbox cannot be started as it was asked for.", Exit.USAGE),
    "scope_missing": ErrorCode(403, "The caller lacks the scope that `scope` names."),
    "settings": ErrorCode(500, "The settings cannot be used, or name no account.", Exit.USAGE),
    "store_unavailable": ErrorCode(503, "The store cannot be used.", Exit.USAGE, Retry.DEPENDS),
    "token_unknown": ErrorCode(404, "There is no token of that name."),
    # Approvals.
    "approval_declined": ErrorCode(403, "The person did not approve it."),
    "approval_elsewhere": ErrorCode(403, "It is approved in another place only."),
    "approval_expired": ErrorCode(409, "The approval has expired."),
    "approval_for_other_arguments": ErrorCode(409, "The approval was given for another call."),
    "approval_foreign": ErrorCode(403, "The approval was given to someone else, or for another account."),
    "approval_impossible": ErrorCode(403, "No place that is allowed can ask a person.", Exit.USAGE),
    "approval_not_pending": ErrorCode(409, "The approval does not wait for a decision any more."),
    "approval_outdated": ErrorCode(409, "Another version of ix-tools asked for the approval."),
    "approval_unanswered": ErrorCode(403, "Nobody answered, and no other place is allowed."),
    "approval_unknown": ErrorCode(404, "No approval was asked for under that handle."),
    "approval_used": ErrorCode(409, "The approval was used already; each is good for one call."),
    "approval_without_page": ErrorCode(403, "The program that asked for the approval shows no page."),
    "approved_by_you_already": ErrorCode(403, "The same person approved it before."),
    "approver_is_asker": ErrorCode(403, "Whoever asked may not approve it."),
    "approver_not_named": ErrorCode(403, "The policy names who approves, and this person is not among them."),
    "approver_unknown": ErrorCode(403, "Who approves must be known, and is not."),
    "differences_not_accepted": ErrorCode(409, "The document differs from what was asked."),
    "document_changed": ErrorCode(409, "The document changed after the person saw it."),
    "no_person": ErrorCode(403, "A person at a terminal is needed, and there is none."),
    "pin_changed": ErrorCode(403, "Somebody else changed the PIN at this moment."),
    "pin_locked": ErrorCode(403, "The PIN was wrong too often; another may be tried later.", retry=Retry.YES),
    "pin_missing": ErrorCode(403, "The person has no PIN to be known by."),
    "pin_mistyped": ErrorCode(403, "The two PINs typed are not the same."),
    "pin_needed": ErrorCode(403, "A PIN is changed or removed by whoever knows it."),
    "pin_too_short": ErrorCode(403, "The PIN has too few characters."),
    "pin_wrong": ErrorCode(403, "The PIN is wrong."),
    "policy_changed": ErrorCode(409, "The policy asks for more than the approval was given on."),
    "too_many_waiting": ErrorCode(429, "Too many approvals wait for a person.", retry=Retry.YES),
    # Idempotency: what was carried out, and what is being carried out.
    "busy": ErrorCode(409, "Another call is changing the same thing now.", retry=Retry.YES),
    "claim_unknown": ErrorCode(404, "Nobody claims that."),
    "document_gone": ErrorCode(409, "The call was carried out before, and its document is there no more."),
    "held_too_long": ErrorCode(503, "What this call claimed was taken over, or grew old.", retry=Retry.YES),
    "idempotency_key_of_another_version": ErrorCode(409, "Another version used the idempotency key."),
    "idempotency_key_reused": ErrorCode(422, "The idempotency key was used for another call."),
    "in_progress": ErrorCode(409, "The same call is being carried out right now.", retry=Retry.YES),
    "intent_not_unknown": ErrorCode(409, "The outcome of that entry of the journal is known."),
    "intent_unknown": ErrorCode(404, "The journal has no such entry."),
    # InvoiceXpress.
    "access_denied": ErrorCode(502, "InvoiceXpress refused the API key.", Exit.SERVICE_REFUSED),
    "conflict": ErrorCode(409, "InvoiceXpress is already doing this, or it is done.", Exit.SERVICE_REFUSED),
    "not_carried_out": ErrorCode(504, "No clear answer; nothing was done.", Exit.UNREACHABLE, Retry.YES),
    "not_found": ErrorCode(404, "InvoiceXpress has nothing under that id or name.", Exit.SERVICE_REFUSED),
    "outcome_unknown": ErrorCode(504, "No complete answer came, so the outcome is unknown.", Exit.UNKNOWN),
    "rate_limited": ErrorCode(429, "Requests come too fast.", Exit.UNREACHABLE, Retry.YES),
    "rejected": ErrorCode(422, "InvoiceXpress refused the content or the state.", Exit.SERVICE_REFUSED),
    "stored_differently": ErrorCode(409, "It was stored, but not as asked.", Exit.STORED_DIFFERENTLY),
    "unavailable": ErrorCode(503, "InvoiceXpress failed or is down.", Exit.UNREACHABLE, Retry.DEPENDS),
    "unreachable": ErrorCode(504, "No answer came, and nothing was stored.", Exit.UNREACHABLE, Retry.YES),
    "unreadable_answer": ErrorCode(502, "The answer cannot be read.", Exit.SERVICE_REFUSED, Retry.DEPENDS),
    # Files, and faults of ours.
    "file_not_saved": ErrorCode(500, "The PDF could not be saved on this machine.", retry=Retry.YES),
    "internal_error": ErrorCode(500, "ix-tools failed; this is a fault of ours."),
    "pdf_elsewhere": ErrorCode(502, "The PDF lies on a host from which nothing is downloaded."),
    "pdf_not_ready": ErrorCode(503, "The PDF is still being made.", retry=Retry.YES),
}
"""Every code that a failure can have. What the outcome is (`sent`) the failure itself says."""

DEFAULT_RETRY_SECONDS = 5
"""Seconds to wait where nothing says how many."""


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
    code: str
    """One of ERROR_CODES; most kinds have one of their own."""
    problems: Sequence[Problem] = ()
    sent: Sent = "nothing"
    next: str = ""
    retryable: bool = False
    """Given only where the table says that it depends."""
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        retry = ERROR_CODES[self.code].retry
        if retry is not Retry.DEPENDS:
            self.retryable = retry is Retry.YES
        if self.sent == "nothing":
            self.mark_nothing_sent()
        super().__init__(self.message)

    def mark_nothing_sent(self) -> None:
        """Say that nothing was sent: the sentence that users look for first is never left out of a refusal."""
        self.sent = "nothing"
        if NOTHING_SENT not in self.message:
            self.message = f"{self.message.rstrip()} {NOTHING_SENT}"

    def __str__(self) -> str:
        return self.message

    def as_dict(self) -> dict[str, Any]:
        """The same shape on every face."""
        # What InvoiceXpress answered, and names out of the account, are in here.
        shown: dict[str, Any] = sanitize_all(self._to_dict())
        return shown

    def _to_dict(self) -> dict[str, Any]:
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


@dataclass
class ApprovalRefused(IxError):
    """There is no valid approval for exactly this; the code says why."""


@dataclass
class StoreUnavailable(IxError):
    """The approvals' database cannot be used, so nothing irreversible may go out."""

    code: str = "store_unavailable"


@dataclass
class ServiceError(IxError):
    """InvoiceXpress answered, and it was not a yes."""

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


def get_exit_code(error: IxError) -> Exit:
    """The exit code of a failure. What reached InvoiceXpress counts before what kind of failure it was."""
    if error.sent == "unknown":
        return Exit.UNKNOWN
    if error.sent == "stored":
        return Exit.STORED_DIFFERENTLY
    return ERROR_CODES[error.code].exit_code


def get_result_exit_code(body: Mapping[str, Any]) -> Exit:
    """The exit code of a result."""
    if body.get("status") == "approval_required":
        return Exit.APPROVAL_REQUIRED
    return Exit.OK if body.get("ok") else Exit.REFUSED


def get_http_status(error: IxError) -> int:
    """The HTTP status of a failure. What may have reached InvoiceXpress counts before what kind of failure it was."""
    if error.sent == "unknown" and isinstance(error, ServiceError):
        return UNKNOWN_STATUS
    return ERROR_CODES[error.code].status


def get_retry_delay(error: IxError) -> int | None:
    """Seconds after which the same call may be tried again; None where it should not simply be repeated."""
    told = str(error.details.get("retry_after", ""))
    if told.isdecimal() and len(told) < 7:
        return int(told)
    return DEFAULT_RETRY_SECONDS if error.retryable else None
