"""The table of error codes and the exit codes of commands: status, meaning, and whether a retry is safe."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum

from ix_tools.i18n.messages import Message, message
from ix_tools.renames import Renamed


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


EXIT_MEANINGS: Mapping[Exit, Message] = {
    Exit.OK: message("It was done."),
    Exit.REFUSED: message(
        "ix-tools refused it: the arguments, a rule, or an approval declined or expired. Nothing was changed at InvoiceXpress. "
        "For doctor, audit verify and audit reconcile: something is wrong."
    ),
    Exit.USAGE: message("The command line or the settings cannot be used. Nothing was sent."),
    Exit.APPROVAL_REQUIRED: message(
        "A person must approve first. Nothing irreversible was sent; approve, then repeat the same command."
    ),
    Exit.SERVICE_REFUSED: message(
        "InvoiceXpress refused it: the content, state, id or API key. Nothing was stored."
    ),
    Exit.UNREACHABLE: message(
        "InvoiceXpress could not be reached or is not available. Nothing was stored; repeat later."
    ),
    Exit.UNKNOWN: message("It is not known whether it was carried out. Check before you repeat it."),
    Exit.STORED_DIFFERENTLY: message(
        "It was stored, but not as asked, or a workflow stopped before its end. Do not create it again: "
        "correct or delete it, or continue as the message says."
    ),
    Exit.INTERRUPTED: message("Interrupted with Ctrl-C; the message says whether anything was sent."),
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
    meaning: Message
    exit_code: Exit = Exit.REFUSED
    """The exit code of a command, unless something was stored or the outcome is unknown."""
    retry: Retry = Retry.NO
    renamed: Renamed | None = None
    """The old code, which errors still carry for one version, beside the new one as `new_code`."""


ERROR_CODES: Mapping[str, ErrorCode] = {
    # The arguments and the rules.
    "acceptance_needed": ErrorCode(
        422, message("A rule needs the caller's acceptance first; give the word in `accept`.")
    ),
    "ambiguous": ErrorCode(
        422, message("A name matches several records, or none exactly; `candidates` lists them.")
    ),
    "invalid_arguments": ErrorCode(422, message("The arguments do not fit the operation's schema.")),
    "refused": ErrorCode(422, message("A rule refused the call.")),
    "too_long": ErrorCode(413, message("The request or the requested PDF is too long.")),
    "unknown_tool": ErrorCode(404, message("There is no tool of that name.")),
    "usage": ErrorCode(400, message("The command line cannot be read."), Exit.USAGE),
    # Requests over HTTP.
    "host_not_served": ErrorCode(421, message("The server is not known under the host name in the request.")),
    "idempotency_keys_differ": ErrorCode(
        400, message("The header and the field give different idempotency keys.")
    ),
    "keys_unavailable": ErrorCode(
        503, message("The public keys of the token issuer cannot be read now."), retry=Retry.YES
    ),
    "malformed_request": ErrorCode(400, message("The body is not one JSON object, or repeats a field.")),
    "method_not_allowed": ErrorCode(405, message("The address does not accept this method.")),
    "no_such_address": ErrorCode(404, message("There is nothing at this address.")),
    "not_signed_in": ErrorCode(401, message("The request has no valid token.")),
    "origin_not_allowed": ErrorCode(403, message("Web pages of that origin may not call this server.")),
    "relayed_request": ErrorCode(
        403, message("A proxy forwarded the request to a server that does not authenticate callers.")
    ),
    "too_many_calls": ErrorCode(
        429, message("The caller exceeded its requests per minute."), retry=Retry.YES
    ),
    "unsupported_media_type": ErrorCode(415, message("The body is not application/json.")),
    # Settings, scopes and the policy.
    "account_needed": ErrorCode(422, message("No account is named, or the settings do not know it.")),
    "account_not_permitted": ErrorCode(403, message("The caller may not use this account.")),
    "account_setup_off": ErrorCode(403, message("The settings turn account setup off."), Exit.USAGE),
    "account_unknown": ErrorCode(404, message("No request was ever sent for that account.")),
    "allowance_used_up": ErrorCode(
        403, message("The policy's budget is used up, and nobody may approve more.")
    ),
    "credential_ended": ErrorCode(
        403, message("What the asker of a parked call signed in with is revoked or has expired.")
    ),
    "denied_by_policy": ErrorCode(403, message("The owner's policy denies the call.")),
    "extra_missing": ErrorCode(
        500, message("A part of ix-tools that the call needs is not installed."), Exit.USAGE
    ),
    "not_connected": ErrorCode(
        500, message("A host could not use ix-tools as it was to be connected."), Exit.USAGE
    ),
    "no_policy": ErrorCode(500, message("There is no policy file."), Exit.USAGE),
    "operation_excluded": ErrorCode(403, message("The settings exclude the operation."), Exit.USAGE),
    "policy_unusable": ErrorCode(
        500, message("The policy file cannot be used, so nothing irreversible is sent."), Exit.USAGE
    ),
    "read_only": ErrorCode(403, message("The settings allow reading only."), Exit.USAGE),
    "sandbox_not_started": ErrorCode(
        500, message("The sandbox cannot be started with these options."), Exit.USAGE
    ),
    "scope_missing": ErrorCode(403, message("The caller lacks the scope that `scope` names.")),
    "settings": ErrorCode(500, message("The settings cannot be used, or name no account."), Exit.USAGE),
    "store_unavailable": ErrorCode(503, message("The store cannot be used."), Exit.USAGE, Retry.DEPENDS),
    "token_unknown": ErrorCode(404, message("There is no token of that name.")),
    # Approvals.
    "approval_declined": ErrorCode(403, message("The person did not approve it.")),
    "approval_elsewhere": ErrorCode(403, message("It can only be approved through another channel.")),
    "approval_expired": ErrorCode(409, message("The approval has expired.")),
    "approval_for_other_arguments": ErrorCode(409, message("The approval was given for another call.")),
    "approval_foreign": ErrorCode(403, message("The approval belongs to another principal or account.")),
    "approval_impossible": ErrorCode(403, message("No allowed channel can ask a person."), Exit.USAGE),
    "approval_not_pending": ErrorCode(409, message("The approval no longer waits for a decision.")),
    "approval_outdated": ErrorCode(409, message("Another version of ix-tools requested the approval.")),
    "approval_unanswered": ErrorCode(403, message("Nobody answered, and no other channel is allowed.")),
    "approval_unknown": ErrorCode(404, message("There is no approval with that handle.")),
    "approval_used": ErrorCode(409, message("The approval was already used; each is valid for one call.")),
    "approval_without_page": ErrorCode(
        403, message("The program that requested the approval shows no page.")
    ),
    "approved_by_you_already": ErrorCode(403, message("The same person already approved it.")),
    "approver_is_asker": ErrorCode(403, message("The requester may not approve it.")),
    "approver_not_named": ErrorCode(
        403, message("The policy names the approvers, and this person is not one of them.")
    ),
    "approver_unknown": ErrorCode(403, message("The approver must be identified, and is not.")),
    "control_sum_missing": ErrorCode(
        403, message("An approval of many documents needs their total, typed by the person.")
    ),
    "control_sum_wrong": ErrorCode(
        409, message("The typed total is not that of the documents that remain, or none would remain.")
    ),
    "differences_not_accepted": ErrorCode(409, message("The document differs from what was asked.")),
    "document_changed": ErrorCode(409, message("The document changed after the person saw it.")),
    "no_person": ErrorCode(403, message("A person at a terminal is needed, and there is none.")),
    "pin_changed": ErrorCode(403, message("Another process changed the PIN at the same time.")),
    "pin_locked": ErrorCode(403, message("The PIN was wrong too often; try again later."), retry=Retry.YES),
    "pin_missing": ErrorCode(403, message("The person has no PIN to identify with.")),
    "pin_mistyped": ErrorCode(403, message("The two PINs are not the same.")),
    "pin_needed": ErrorCode(403, message("Changing or removing a PIN requires the current one.")),
    "pin_too_short": ErrorCode(403, message("The PIN has too few characters.")),
    "pin_wrong": ErrorCode(403, message("The PIN is wrong.")),
    "policy_changed": ErrorCode(409, message("The policy now requires more than the approval has.")),
    "too_many_waiting": ErrorCode(429, message("Too many approvals wait for a person."), retry=Retry.YES),
    "signature_invalid": ErrorCode(
        403, message("The passkey's signature is not for this approval, or the record of it was changed.")
    ),
    "signature_needed": ErrorCode(403, message("The policy asks for an approval signed with a passkey.")),
    # People who sign in.
    "invitation_ended": ErrorCode(404, message("The invitation was used already, or has expired.")),
    "passkey_not_confirmed": ErrorCode(403, message("This person may not confirm the passkey.")),
    "passkey_refused": ErrorCode(403, message("The passkey's answer does not fit what was asked.")),
    "passkey_unknown": ErrorCode(404, message("There is no passkey with that id.")),
    "person_unknown": ErrorCode(404, message("There is no person of that name.")),
    "provider_refused": ErrorCode(403, message("What the OpenID provider answered cannot be used.")),
    "provider_unavailable": ErrorCode(
        503, message("The OpenID provider cannot be reached."), retry=Retry.YES
    ),
    # Batches.
    "batch_of_another": ErrorCode(403, message("Another caller began the batch of the same file.")),
    "batch_stopped": ErrorCode(
        409, message("A document was refused, so the later ones of its series wait."), Exit.STORED_DIFFERENTLY
    ),
    "batch_unknown": ErrorCode(404, message("The caller has no batch with that id.")),
    # Webhooks.
    "delivery_unknown": ErrorCode(404, message("The webhook has no such delivery.")),
    "too_many_webhooks": ErrorCode(403, message("The caller has as many webhooks as are allowed.")),
    "webhook_address": ErrorCode(422, message("Webhooks cannot be sent to this address.")),
    "webhook_unknown": ErrorCode(404, message("The caller has no such webhook.")),
    # Idempotency and claims.
    "busy": ErrorCode(409, message("Another call is changing the same record now."), retry=Retry.YES),
    "claim_unknown": ErrorCode(404, message("There is no claim on that resource.")),
    "document_gone": ErrorCode(
        409, message("The call was carried out before, and its document no longer exists.")
    ),
    "held_too_long": ErrorCode(
        503, message("The claims of this call were taken over, or its read became too old."), retry=Retry.YES
    ),
    "idempotency_key_of_another_version": ErrorCode(
        409, message("Another version of ix-tools used the idempotency key.")
    ),
    "idempotency_key_reused": ErrorCode(422, message("The idempotency key was used for another call.")),
    "in_progress": ErrorCode(409, message("The same call is in progress."), retry=Retry.YES),
    "intent_not_unknown": ErrorCode(409, message("The outcome of that journal entry is already known.")),
    "intent_unknown": ErrorCode(404, message("The journal has no such entry.")),
    # InvoiceXpress.
    "access_denied": ErrorCode(502, message("InvoiceXpress refused the API key."), Exit.SERVICE_REFUSED),
    "conflict": ErrorCode(
        409, message("InvoiceXpress is already doing this, or has done it."), Exit.SERVICE_REFUSED
    ),
    "not_carried_out": ErrorCode(
        504, message("No clear answer came; nothing was carried out."), Exit.UNREACHABLE, Retry.YES
    ),
    "not_found": ErrorCode(
        404, message("InvoiceXpress has no record with that id or name."), Exit.SERVICE_REFUSED
    ),
    "outcome_unknown": ErrorCode(
        504, message("No complete answer came, so the outcome is unknown."), Exit.UNKNOWN
    ),
    "rate_limited": ErrorCode(429, message("Requests come too fast."), Exit.UNREACHABLE, Retry.YES),
    "rejected": ErrorCode(
        422, message("InvoiceXpress refused the content or the state."), Exit.SERVICE_REFUSED
    ),
    "stored_differently": ErrorCode(
        409, message("It was stored, but not as asked."), Exit.STORED_DIFFERENTLY
    ),
    "unavailable": ErrorCode(
        503, message("InvoiceXpress failed or is down."), Exit.UNREACHABLE, Retry.DEPENDS
    ),
    "unreachable": ErrorCode(
        504, message("No answer came, and nothing was stored."), Exit.UNREACHABLE, Retry.YES
    ),
    "unreadable_answer": ErrorCode(
        502, message("The answer cannot be read."), Exit.SERVICE_REFUSED, Retry.DEPENDS
    ),
    # Files and internal errors.
    "file_not_saved": ErrorCode(500, message("The PDF could not be saved on this machine."), retry=Retry.YES),
    "internal_error": ErrorCode(500, message("ix-tools failed; this is a bug in ix-tools.")),
    "file_refused": ErrorCode(
        422, message("A file has faults, which `problems` lists; none of its documents was made.")
    ),
    "pdf_elsewhere": ErrorCode(
        502, message("The PDF is on a host outside InvoiceXpress, from which ix-tools downloads nothing.")
    ),
    "pdf_not_ready": ErrorCode(503, message("The PDF is still being made."), retry=Retry.YES),
}
"""Every error code. The outcome (`sent`) belongs to each error, not to its code."""
