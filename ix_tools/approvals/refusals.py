"""Refusals of approvals that cannot be used for a call."""

from typing import Any

from sqlalchemy.engine import Row

from ix_tools.approvals.models import ApprovalState, Binding
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import message
from ix_tools.i18n.state_names import name_approval_state
from ix_tools.operations.digests import is_current_approval

OUTDATED_CODES = frozenset({"document_changed", "policy_changed", "approval_outdated", "signature_invalid"})
"""Codes of refusals after which an approval never counts again."""
REPEAT_CALL = message("repeat the same call to ask a person again")
ASK_AGAIN = message(
    "ask the person what to change; the same call, repeated as it is or corrected, asks them again"
)
"""The next step after a rejection."""


def find_refusal(
    row: Row[Any] | None, binding: Binding, state: ApprovalState, requirement: ApprovalRequirement, now: float
) -> ApprovalRefused | None:
    """Return why an approval cannot be used for a call; None if it can.

    Args:
        state: the state from which the approval is used.
        requirement: the requirement that the policy makes now.
    """
    if row is None:
        return ApprovalRefused(
            message("No approval has this handle."), code="approval_unknown", next=REPEAT_CALL
        )
    if row.principal != binding.principal or row.account != binding.account:
        return ApprovalRefused(
            message("This approval belongs to another requester or account."),
            code="approval_foreign",
            next=REPEAT_CALL,
        )
    if row.state == state and not is_current_approval(row.arguments):
        return build_outdated_refusal()
    if row.operation != binding.operation or row.arguments != binding.arguments:
        return ApprovalRefused(
            message("This approval was given for another call."),
            code="approval_for_other_arguments",
            next=REPEAT_CALL,
        )
    if row.state == "used":
        return build_used_refusal()
    if row.state != state:
        return ApprovalRefused(
            message("This approval cannot be used: it is {state}.", state=name_approval_state(row.state)),
            code="approval_not_pending",
            next=REPEAT_CALL,
        )
    if row.expires_at <= now:
        return ApprovalRefused(
            message("This approval has expired."), code="approval_expired", next=REPEAT_CALL
        )
    if row.snapshot != binding.snapshot:
        return ApprovalRefused(
            message("The document changed after the person saw it."),
            code="document_changed",
            next=message("repeat the same call to show a person the current document"),
        )
    if not ApprovalRequirement.from_json(row.terms).is_as_strict_as(requirement):
        return ApprovalRefused(
            message("The policy now requires more than this approval was given under."),
            code="policy_changed",
            next=REPEAT_CALL,
        )
    return None


def build_declined_refusal(summary: str, reason: str) -> ApprovalRefused:
    """Build the refusal after a rejection, with the preview's first line and the person's reason."""
    why = message('Their reason: "{reason}".', reason=reason) if reason else message("They gave no reason.")
    return ApprovalRefused(
        message('The person did not approve "{summary}". {why}', summary=summary, why=why),
        code="approval_declined",
        next=ASK_AGAIN,
        details={"shown": summary, **({"reason": reason} if reason else {})},
    )


def build_used_refusal() -> ApprovalRefused:
    """Build the refusal of an approval that was used already."""
    return ApprovalRefused(
        message("This approval was already used; each approval is valid for one call."),
        code="approval_used",
        next=message("check first if the call took effect; repeat it only to do the same a second time"),
    )


def build_outdated_refusal() -> ApprovalRefused:
    """Build the refusal of an approval that this version of ix-tools cannot read or compare."""
    return ApprovalRefused(
        message("This approval was requested by another version of ix-tools."),
        code="approval_outdated",
        next=REPEAT_CALL,
    )


def build_form_refusal(identifier: str) -> ApprovalRefused:
    """Return the refusal of a decision about an approval that the host's form is asking for."""
    return ApprovalRefused(
        message("{id} is being asked in the host's form.", id=identifier),
        code="approval_elsewhere",
        next=message("answer in the host's form"),
    )


def build_differences_refusal() -> ApprovalRefused:
    """Return the refusal of an approval that does not accept the differences of the stored document."""
    return ApprovalRefused(
        message("The stored document differs from the request; approving it needs the differences accepted."),
        code="differences_not_accepted",
        next=message("read the differences, then accept them as well (in a terminal: --accept-differences)"),
    )


def build_not_pending_refusal(identifier: str, state: ApprovalState) -> ApprovalRefused:
    """Return the refusal of a decision about an approval that no longer waits for one."""
    return ApprovalRefused(
        message("{id} cannot be decided: it is {state}.", id=identifier, state=name_approval_state(state)),
        code="approval_not_pending",
        next=REPEAT_CALL,
    )
