"""How a command ends: the one table of exit codes, kept by the command line and printed in help and reference."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from ix_tools import errors


class Exit(IntEnum):
    """What a script may rely on."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    APPROVAL_REQUIRED = 3
    SERVICE_REFUSED = 4
    UNREACHABLE = 5
    UNKNOWN = 6
    STORED_DIFFERENTLY = 7
    INTERRUPTED = 130


MEANINGS: Mapping[Exit, str] = {
    Exit.OK: "It was done.",
    Exit.REFUSED: "Refused here: arguments, a rule, an approval declined or expired. Nothing was changed at InvoiceXpress. "
    "doctor, schemas check, audit verify, audit reconcile: something is wrong.",
    Exit.USAGE: "The command line or the settings cannot be used. Nothing was sent.",
    Exit.APPROVAL_REQUIRED: "A person must approve first. Nothing that cannot be undone was sent; approve, then repeat the same command.",
    Exit.SERVICE_REFUSED: "InvoiceXpress refused it: content, state, id, key. Nothing was stored.",
    Exit.UNREACHABLE: "InvoiceXpress could not be reached or is not available for now. Nothing was stored; repeat later.",
    Exit.UNKNOWN: "Nobody can tell whether it was carried out. Look before you repeat it.",
    Exit.STORED_DIFFERENTLY: "It was stored, but not as asked, or a recipe stopped on its way. Do not create it again: "
    "correct or delete it, or go on as the message says.",
    Exit.INTERRUPTED: "Interrupted with Ctrl-C; the message says whether anything was sent.",
}


def exit_for(error: errors.IxError) -> Exit:
    """The exit code of a failure. What reached InvoiceXpress counts before what kind of failure it was."""
    if error.sent == "unknown":
        return Exit.UNKNOWN
    if error.sent == "stored":
        return Exit.STORED_DIFFERENTLY
    match error:
        case errors.SettingsError() | errors.StoreUnavailable():
            return Exit.USAGE
        case errors.Unreachable() | errors.Unavailable() | errors.RateLimited():
            return Exit.UNREACHABLE
        case errors.ServiceError():
            return Exit.SERVICE_REFUSED
    return Exit.REFUSED


def exit_of(body: Mapping[str, Any]) -> Exit:
    """The exit code of a result."""
    if body.get("status") == "approval_required":
        return Exit.APPROVAL_REQUIRED
    return Exit.OK if body.get("ok") else Exit.REFUSED
