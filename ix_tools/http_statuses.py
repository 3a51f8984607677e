"""HTTP statuses that the server answers with, and what each means here."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpStatus:
    """An HTTP status: its name in RFC 9110 (Python's names change between versions) and its meaning here."""

    title: str
    meaning: str


DONE, CREATED, WAITING = 200, 201, 202
UNKNOWN_STATUS = 504

HTTP_STATUSES: Mapping[int, HttpStatus] = {
    DONE: HttpStatus("OK", "It was done; `ok` is true."),
    CREATED: HttpStatus("Created", "A webhook was registered; its secret is shown this once."),
    WAITING: HttpStatus(
        "Accepted",
        "A person must approve first. Nothing was sent; the call is carried out when it is approved, and `Location` then has its result.",
    ),
    400: HttpStatus(
        "Bad Request",
        "The request cannot be read: no JSON object, a repeated field, or two different idempotency keys. Nothing was sent.",
    ),
    401: HttpStatus("Unauthorized", "The request has no valid token. Nothing was sent."),
    403: HttpStatus(
        "Forbidden",
        "Not allowed: a person declined, it is outside the caller's scopes or accounts, or the settings turn it off. "
        "Nothing was sent.",
    ),
    404: HttpStatus("Not Found", "The tool, document, client, approval or address does not exist."),
    405: HttpStatus("Method Not Allowed", "A call that changes something is a POST. Nothing was sent."),
    409: HttpStatus(
        "Conflict",
        "The call conflicts with the current state: it is already in progress, the approval is used or expired, the document "
        "changed, or it was stored differently than asked (`sent` says which). Read the message before you repeat it.",
    ),
    413: HttpStatus("Content Too Large", "The request is too long. Nothing was sent."),
    415: HttpStatus("Unsupported Media Type", "The body must be application/json. Nothing was sent."),
    421: HttpStatus("Misdirected Request", "The server is not known under this host name. Nothing was sent."),
    422: HttpStatus(
        "Unprocessable Content",
        "Refused because of the arguments, by a rule, or by InvoiceXpress; `problems` names the fields. Nothing was stored.",
    ),
    429: HttpStatus("Too Many Requests", "Wait the number of seconds in `Retry-After`. Nothing was stored."),
    500: HttpStatus("Internal Server Error", "The server's settings are wrong, or it failed; see `sent`."),
    502: HttpStatus(
        "Bad Gateway",
        "InvoiceXpress gave an unusable answer, or refused the server's API key. Nothing was stored.",
    ),
    503: HttpStatus(
        "Service Unavailable",
        "Not available now: InvoiceXpress is down, the store cannot be used, or a PDF is still being made. Nothing was stored; "
        "repeat after `Retry-After` if it is given.",
    ),
    UNKNOWN_STATUS: HttpStatus(
        "Gateway Timeout",
        "No answer came from InvoiceXpress. `sent` says if it was carried out; repeating the same call checks that first.",
    ),
}
