"""Error classes and the table of error codes; each error says what was sent, what to do next, and if a retry is safe.

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
from enum import Enum, IntEnum
from typing import Any, Literal

from ix_tools.http_statuses import UNKNOWN_STATUS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, Text, as_message, join_messages, message, render
from ix_tools.text.sanitize import sanitize_all

Sent = Literal["nothing", "refused", "stored", "unknown"]
"""The part of a call that reached InvoiceXpress: nothing, a request it refused, a request it carried out, or not known yet."""

NOTHING_SENT = message("Nothing was sent.")


class Exit(IntEnum):
    """Exit codes of commands; scripts may rely on them."""

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
    Exit.REFUSED: "ix-tools refused it: the arguments, a rule, or an approval declined or expired. Nothing was changed at InvoiceXpress. "
    "For doctor, audit verify and audit reconcile: something is wrong.",
    Exit.USAGE: "The command line or the settings cannot be used. Nothing was sent.",
    Exit.APPROVAL_REQUIRED: "A person must approve first. Nothing irreversible was sent; approve, then repeat the same command.",
    Exit.SERVICE_REFUSED: "InvoiceXpress refused it: the content, state, id or API key. Nothing was stored.",
    Exit.UNREACHABLE: "InvoiceXpress could not be reached or is not available. Nothing was stored; repeat later.",
    Exit.UNKNOWN: "It is not known whether it was carried out. Check before you repeat it.",
    Exit.STORED_DIFFERENTLY: "It was stored, but not as asked, or a workflow stopped before its end. Do not create it again: "
    "correct or delete it, or continue as the message says.",
    Exit.INTERRUPTED: "Interrupted with Ctrl-C; the message says whether anything was sent.",
}


class Retry(Enum):
    """Tells if the same call may be repeated unchanged."""

    NO = "no"
    YES = "yes"
    DEPENDS = "depends on the case"
    """The code that raises the error decides: a read may be repeated where a write may not."""


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row of the table of error codes."""

    status: int
    """The HTTP status; a failure at InvoiceXpress with an unknown outcome is a 504 instead."""
    meaning: str
    exit_code: Exit = Exit.REFUSED
    """The exit code of a command, unless something was stored or the outcome is unknown."""
    retry: Retry = Retry.NO


ERROR_CODES: Mapping[str, ErrorCode] = {
    # The arguments and the rules.
    "acceptance_needed": ErrorCode(
        422, "A rule needs the caller's acceptance first; give the word in `accept`."
    ),
    "ambiguous": ErrorCode(422, "A name matches several records, or none exactly; `candidates` lists them."),
    "invalid_arguments": ErrorCode(422, "The arguments do not fit the operation's schema."),
    "refused": ErrorCode(422, "A rule refused the call."),
    "too_long": ErrorCode(413, "The request or the requested PDF is too long."),
    "unknown_tool": ErrorCode(404, "There is no tool of that name."),
    "usage": ErrorCode(400, "The command line cannot be read.", Exit.USAGE),
    # Requests over HTTP.
    "host_not_served": ErrorCode(421, "The server is not known under the host name in the request."),
    "idempotency_keys_differ": ErrorCode(400, "The header and the field give different idempotency keys."),
    "keys_unavailable": ErrorCode(
        503, "The public keys of the token issuer cannot be read now.", retry=Retry.YES
    ),
    "malformed_request": ErrorCode(400, "The body is not one JSON object, or repeats a field."),
    "method_not_allowed": ErrorCode(405, "The address does not accept this method."),
    "no_such_address": ErrorCode(404, "There is nothing at this address."),
    "not_signed_in": ErrorCode(401, "The request has no valid token."),
    "origin_not_allowed": ErrorCode(403, "Web pages of that origin may not call this server."),
    "relayed_request": ErrorCode(
        403, "A proxy forwarded the request to a server that does not authenticate callers."
    ),
    "too_many_calls": ErrorCode(429, "The caller exceeded its requests per minute.", retry=Retry.YES),
    "unsupported_media_type": ErrorCode(415, "The body is not application/json."),
    # Settings, scopes and the policy.
    "account_needed": ErrorCode(422, "No account is named, or the settings do not know it."),
    "account_not_permitted": ErrorCode(403, "The caller may not use this account."),
    "account_setup_off": ErrorCode(403, "The settings turn account setup off.", Exit.USAGE),
    "account_unknown": ErrorCode(404, "No request was ever sent for that account."),
    "allowance_used_up": ErrorCode(403, "The policy's budget is used up, and nobody may approve more."),
    "credential_ended": ErrorCode(
        403, "What the asker of a parked call signed in with is revoked or has expired."
    ),
    "denied_by_policy": ErrorCode(403, "The owner's policy denies the call."),
    "no_policy": ErrorCode(500, "There is no policy file.", Exit.USAGE),
    "operation_excluded": ErrorCode(403, "The settings exclude the operation.", Exit.USAGE),
    "policy_unusable": ErrorCode(
        500, "The policy file cannot be used, so nothing irreversible is sent.", Exit.USAGE
    ),
    "read_only": ErrorCode(403, "The settings allow reading only.", Exit.USAGE),
    "sandbox_not_started": ErrorCode(500, "The sandbox cannot be started with these options.", Exit.USAGE),
    "scope_missing": ErrorCode(403, "The caller lacks the scope that `scope` names."),
    "settings": ErrorCode(500, "The settings cannot be used, or name no account.", Exit.USAGE),
    "store_unavailable": ErrorCode(503, "The store cannot be used.", Exit.USAGE, Retry.DEPENDS),
    "token_unknown": ErrorCode(404, "There is no token of that name."),
    # Approvals.
    "approval_declined": ErrorCode(403, "The person did not approve it."),
    "approval_elsewhere": ErrorCode(403, "It can only be approved through another channel."),
    "approval_expired": ErrorCode(409, "The approval has expired."),
    "approval_for_other_arguments": ErrorCode(409, "The approval was given for another call."),
    "approval_foreign": ErrorCode(403, "The approval belongs to another principal or account."),
    "approval_impossible": ErrorCode(403, "No allowed channel can ask a person.", Exit.USAGE),
    "approval_not_pending": ErrorCode(409, "The approval no longer waits for a decision."),
    "approval_outdated": ErrorCode(409, "Another version of ix-tools requested the approval."),
    "approval_unanswered": ErrorCode(403, "Nobody answered, and no other channel is allowed."),
    "approval_unknown": ErrorCode(404, "There is no approval with that handle."),
    "approval_used": ErrorCode(409, "The approval was already used; each is valid for one call."),
    "approval_without_page": ErrorCode(403, "The program that requested the approval shows no page."),
    "approved_by_you_already": ErrorCode(403, "The same person already approved it."),
    "approver_is_asker": ErrorCode(403, "The requester may not approve it."),
    "approver_not_named": ErrorCode(
        403, "The policy names the approvers, and this person is not one of them."
    ),
    "approver_unknown": ErrorCode(403, "The approver must be identified, and is not."),
    "differences_not_accepted": ErrorCode(409, "The document differs from what was asked."),
    "document_changed": ErrorCode(409, "The document changed after the person saw it."),
    "no_person": ErrorCode(403, "A person at a terminal is needed, and there is none."),
    "pin_changed": ErrorCode(403, "Another process changed the PIN at the same time."),
    "pin_locked": ErrorCode(403, "The PIN was wrong too often; try again later.", retry=Retry.YES),
    "pin_missing": ErrorCode(403, "The person has no PIN to identify with."),
    "pin_mistyped": ErrorCode(403, "The two PINs are not the same."),
    "pin_needed": ErrorCode(403, "Changing or removing a PIN requires the current one."),
    "pin_too_short": ErrorCode(403, "The PIN has too few characters."),
    "pin_wrong": ErrorCode(403, "The PIN is wrong."),
    "policy_changed": ErrorCode(409, "The policy now requires more than the approval has."),
    "too_many_waiting": ErrorCode(429, "Too many approvals wait for a person.", retry=Retry.YES),
    # Idempotency and claims.
    "busy": ErrorCode(409, "Another call is changing the same record now.", retry=Retry.YES),
    "claim_unknown": ErrorCode(404, "There is no claim on that resource."),
    "document_gone": ErrorCode(409, "The call was carried out before, and its document no longer exists."),
    "held_too_long": ErrorCode(
        503, "The claims of this call were taken over, or its read became too old.", retry=Retry.YES
    ),
    "idempotency_key_of_another_version": ErrorCode(
        409, "Another version of ix-tools used the idempotency key."
    ),
    "idempotency_key_reused": ErrorCode(422, "The idempotency key was used for another call."),
    "in_progress": ErrorCode(409, "The same call is in progress.", retry=Retry.YES),
    "intent_not_unknown": ErrorCode(409, "The outcome of that journal entry is already known."),
    "intent_unknown": ErrorCode(404, "The journal has no such entry."),
    # InvoiceXpress.
    "access_denied": ErrorCode(502, "InvoiceXpress refused the API key.", Exit.SERVICE_REFUSED),
    "conflict": ErrorCode(409, "InvoiceXpress is already doing this, or has done it.", Exit.SERVICE_REFUSED),
    "not_carried_out": ErrorCode(
        504, "No clear answer came; nothing was carried out.", Exit.UNREACHABLE, Retry.YES
    ),
    "not_found": ErrorCode(404, "InvoiceXpress has no record with that id or name.", Exit.SERVICE_REFUSED),
    "outcome_unknown": ErrorCode(504, "No complete answer came, so the outcome is unknown.", Exit.UNKNOWN),
    "rate_limited": ErrorCode(429, "Requests come too fast.", Exit.UNREACHABLE, Retry.YES),
    "rejected": ErrorCode(422, "InvoiceXpress refused the content or the state.", Exit.SERVICE_REFUSED),
    "stored_differently": ErrorCode(409, "It was stored, but not as asked.", Exit.STORED_DIFFERENTLY),
    "unavailable": ErrorCode(503, "InvoiceXpress failed or is down.", Exit.UNREACHABLE, Retry.DEPENDS),
    "unreachable": ErrorCode(504, "No answer came, and nothing was stored.", Exit.UNREACHABLE, Retry.YES),
    "unreadable_answer": ErrorCode(502, "The answer cannot be read.", Exit.SERVICE_REFUSED, Retry.DEPENDS),
    # Files and internal errors.
    "file_not_saved": ErrorCode(500, "The PDF could not be saved on this machine.", retry=Retry.YES),
    "internal_error": ErrorCode(500, "ix-tools failed; this is a bug in ix-tools."),
    "pdf_elsewhere": ErrorCode(
        502, "The PDF is on a host outside InvoiceXpress, from which ix-tools downloads nothing."
    ),
    "pdf_not_ready": ErrorCode(503, "The PDF is still being made.", retry=Retry.YES),
}
"""Every error code. The outcome (`sent`) belongs to each error, not to its code."""

DEFAULT_RETRY_SECONDS = 5
"""Seconds to wait before a retry if the answer does not say."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem with one field, and the value that would be allowed."""

    field: str
    problem: Text
    allowed: Text = ""

    def as_dict(self, language: Language = "en") -> dict[str, str]:
        """Return the problem as results show it, in English, without an empty `allowed`.

        For a person who reads another language, `for_person` is the same sentence in theirs, if it has a translation.
        """
        shown = {"field": self.field, "problem": str(self.problem)}
        if allowed := str(self.allowed):
            shown["allowed"] = allowed
        if language != "en" and isinstance(self.problem, Message):
            shown["for_person"] = render(self.problem, language)
        return shown


@dataclass
class IxError(Exception):
    """A failure that a person or a model can act on."""

    message: Text
    code: str
    """A key of ERROR_CODES; most classes have their own."""
    problems: Sequence[Problem] = ()
    sent: Sent = "nothing"
    next: Text = ""
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
            return as_message(self.message)
        return join_messages((self.message, NOTHING_SENT), " ")

    def __str__(self) -> str:
        return str(self.text)

    def format_for_person(self, language: Language) -> str:
        """Return the problems, the message and the next step as plain lines for a terminal."""
        lines = [f"{one.field}: {render(one.problem, language)}" for one in self.problems]
        return "\n".join([*lines, f"{render(self.text, language)} {render(self.next, language)}".rstrip()])

    def as_dict(self, language: Language = "en") -> dict[str, Any]:
        """Return the error as programs read it, in English.

        For a person who reads another language, `for_person` is the message in theirs, and each problem has one too.
        """
        # The texts include answers of InvoiceXpress and names from the account, so they are sanitized.
        shown: dict[str, Any] = sanitize_all(self._to_dict(language))
        return shown

    def _to_dict(self, language: Language) -> dict[str, Any]:
        return {
            "ok": False,
            "code": self.code,
            "message": str(self.text),
            **({"for_person": render(self.text, language)} if language != "en" else {}),
            "problems": [problem.as_dict(language) for problem in self.problems],
            "sent": self.sent,
            "next": str(self.next),
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
