"""Errors of calls whose outcome is not known: an answer that shows no record, and an outcome that nobody can tell yet."""

from ix_tools.api_client.protocol import CHECK_FIRST
from ix_tools.errors import IxError, Unreachable, Unreadable
from ix_tools.i18n.messages import Message, message
from ix_tools.idempotency.intents import Intent
from ix_tools.operations.registry import catalogue


def build_unclear_error(problem: Message) -> Unreadable:
    """Build the error for an answer that does not show what was done."""
    return Unreadable(problem, sent="unknown", status=200, next=CHECK_FIRST)


def build_unknown_error(name: str, intent: Intent, seen: Message) -> IxError:
    """Build the error for a call whose outcome is not known, with the way to settle it."""
    operation = catalogue()[intent.operation]
    settle = message("settle it with `ix-tools journal resolve {id}`", id=intent.id)
    if operation.manual_check and operation.spec.idempotent:
        advice = message(
            "{check}; or repeat the same call in two minutes: once a person approves it again, it is "
            "sent again, which has the same effect",
            check=operation.manual_check,
        )
    elif operation.manual_check:
        advice = message(
            "{check}, and {settle}; to do it again all the same, use a new idempotency_key",
            check=operation.manual_check,
            settle=settle,
        )
    else:
        advice = message(
            "repeat the same call in a minute or two: it checks the account first and never does it twice; "
            "or check yourself and {settle}",
            settle=settle,
        )
    return Unreachable(
        message("Whether {name} was carried out is not known yet ({seen}).", name=name, seen=seen)
        if seen
        else message("Whether {name} was carried out is not known yet.", name=name),
        code="outcome_unknown",
        sent="unknown",
        next=advice,
        details={"journal": intent.id},
    )
