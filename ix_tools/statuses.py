"""How a call over HTTP ends: the one table of statuses, kept by the REST face and printed in its description and reference."""

from collections.abc import Mapping

from ix_tools import errors

DONE, WAITING = 200, 202

MEANINGS: Mapping[int, str] = {
    DONE: "It was done; `ok` is true.",
    WAITING: "A person must approve first. Nothing was sent; ask `Location` until it is approved, then repeat the same call.",
    400: "The request cannot be read: no JSON object, a field twice, two idempotency keys that differ. Nothing was sent.",
    401: "Who is calling? The request carries no token, or none that is valid. Nothing was sent.",
    403: "Not allowed: a person said no, the caller's scopes or accounts do not reach that far, or the settings leave it off. "
    "Nothing was sent.",
    404: "There is no such tool, document, client, approval or address.",
    405: "Not with this method: what changes something is a POST. Nothing was sent.",
    409: "The call and what is there do not fit: it is being carried out already, the approval is used up or expired, the "
    "document changed, or it was stored differently than asked (`sent` says which). Do not repeat it unread.",
    413: "The request is too long. Nothing was sent.",
    415: "The body must be application/json. Nothing was sent.",
    421: "The server is not known under the name in the request. Nothing was sent.",
    422: "Refused: the arguments, a rule, or InvoiceXpress itself; `problems` names the fields. Nothing was stored.",
    429: "Too many requests; `Retry-After` says how many seconds to wait. Nothing was stored.",
    500: "The server's settings cannot be used, or it failed; `sent` says whether to look before repeating.",
    502: "InvoiceXpress answered something that cannot be used, or refused the server's own key. Nothing was stored.",
    503: "Not now: InvoiceXpress is down, the store cannot be used, or a PDF is still being made. Nothing was stored; "
    "repeat after `Retry-After`.",
    504: "No answer came from InvoiceXpress. Whether it was carried out is in `sent`; the same call again looks first.",
}
"""What a caller may rely on."""

TITLES: Mapping[int, str] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
"""Their names in RFC 9110; Python's own change from version to version."""

BY_KIND: Mapping[type[errors.IxError], int] = {
    errors.IxError: 500,
    errors.SettingsError: 500,
    errors.InvalidArguments: 422,
    errors.Refused: 422,
    errors.NotAccepted: 422,
    errors.NotPermitted: 403,
    errors.ApprovalRefused: 403,
    errors.StoreUnavailable: 503,
    errors.ServiceError: 502,
    errors.Rejected: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.AccessDenied: 502,  # the server's key was refused, not the caller's token
    errors.RateLimited: 429,
    errors.Unavailable: 503,
    errors.Unreadable: 502,
    errors.StoredDifferently: 409,  # no 5xx: whatever stands between would send it again
    errors.Unreachable: 504,
}
"""By kind; a kind that is not here has the status of the one above it."""

BY_CODE: Mapping[str, int] = {
    "account_needed": 422,
    "account_not_permitted": 403,
    "account_setup_off": 403,
    "allowance_used_up": 403,
    "ambiguous": 422,
    "approval_declined": 403,
    "approval_expired": 409,
    "approval_foreign": 403,
    "approval_for_other_arguments": 409,
    "approval_impossible": 403,
    "approval_not_pending": 409,
    "approval_outdated": 409,
    "approval_unknown": 404,
    "approval_used": 409,
    "busy": 409,
    "denied_by_policy": 403,
    "differences_not_accepted": 409,
    "document_changed": 409,
    "document_gone": 409,
    "held_too_long": 503,
    "idempotency_key_of_another_version": 409,
    "idempotency_key_reused": 422,
    "idempotency_keys_differ": 400,
    "in_progress": 409,
    "internal_error": 500,
    "malformed_request": 400,
    "method_not_allowed": 405,
    "not_carried_out": 504,
    "operation_excluded": 403,
    "outcome_unknown": 504,
    "pdf_elsewhere": 502,
    "pdf_not_ready": 503,
    "policy_changed": 409,
    "policy_unusable": 500,
    "read_only": 403,
    "scope_missing": 403,
    "too_long": 413,
    "too_many_waiting": 429,
    "unknown_tool": 404,
    "unsupported_media_type": 415,
}
"""Codes that say more than their kind."""

AT_THE_DOOR: Mapping[str, int] = {
    "host_not_served": 421,
    "keys_unavailable": 503,
    "no_such_address": 404,
    "not_signed_in": 401,
    "origin_not_allowed": 403,
    "relayed_request": 403,
    "too_many_calls": 429,
}
"""Codes of what is answered before a call is looked at, over MCP as over REST."""

SOON = 5
"""Seconds to wait where nothing says how many."""


def status_for(error: errors.IxError) -> int:
    """The status of a failure. What may have reached InvoiceXpress counts before what kind of failure it was."""
    if error.code in BY_CODE:
        return BY_CODE[error.code]
    if error.sent == "unknown" and isinstance(error, errors.ServiceError):
        return BY_KIND[errors.Unreachable]
    return status_of_kind(type(error))


def status_of_kind(kind: type[errors.IxError]) -> int:
    """The status of a kind of failure."""
    return next(BY_KIND[one] for one in kind.__mro__ if one in BY_KIND)


def wait_after(error: errors.IxError) -> int | None:
    """Seconds after which the same call may be tried again; None where it should not simply be repeated."""
    told = str(error.details.get("retry_after", ""))
    if told.isdecimal() and len(told) < 7:
        return int(told)
    return SOON if error.retryable or isinstance(error, errors.RateLimited) else None
