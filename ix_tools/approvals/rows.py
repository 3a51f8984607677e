"""Queries by binding and audit entries, shared by the modules that change rows of approvals."""

from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from ix_tools.approvals.models import Binding
from ix_tools.audit import trail
from ix_tools.storage.schema import approvals


def list_binding_columns(binding: Binding) -> dict[str, str]:
    """Return the columns that identify a call, without the document's snapshot."""
    return {
        "principal": binding.principal,
        "account": binding.account,
        "operation": binding.operation,
        "arguments": binding.arguments,
    }


def match_call(binding: Binding) -> sql.ColumnElement[bool]:
    """Return the condition for the approvals of a call."""
    return sql.and_(*(approvals.c[name] == value for name, value in list_binding_columns(binding).items()))


def append_to_trail(
    connection: Connection, row: Row[Any], event: str, outcome: str = "", place: str = ""
) -> None:
    """Record an event of an approval in the audit trail.

    Args:
        place: the place of a decision; the approval's own channel by default.
    """
    entry = trail.Entry(
        event=f"approval {event}",
        principal=row.principal,
        face=place or row.channel,
        account=row.account,
        operation=row.operation,
        approval=row.id,
        content=row.arguments,
        outcome=outcome,
    )
    trail.append(connection, entry)
