"""Daily allowances for automatic approvals, counted in the store."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.audit import trail
from ix_tools.storage.schema import spent


@dataclass(frozen=True, slots=True)
class Allowance:
    """The daily limit of an unattended rule for one principal."""

    rule: str
    daily: Decimal
    """In euros."""
    calls: int | None = None


@dataclass(frozen=True, slots=True)
class RemainingAllowance:
    """The part of an allowance that is left today."""

    rule: str
    euros: Decimal
    calls: int | None = None

    def has_room_for(self, amount: Decimal) -> bool:
        """Check that one more call of this amount fits."""
        return amount <= self.euros and (self.calls is None or self.calls > 0)


@dataclass(frozen=True, slots=True)
class AutoApprovalRequest:
    """A call that the policy may approve without a person."""

    principal: str
    account: str
    day: date
    """In Lisbon."""
    amount: Decimal
    allowances: tuple[Allowance, ...]
    rules: tuple[str, ...] = ()
    """Names of all unattended rules in the current policy."""


def load_remaining_allowance(
    connection: Connection, spending: AutoApprovalRequest, allowance: Allowance
) -> RemainingAllowance:
    """Return the rest of an allowance. Before spending it, hold the lock that `spend_allowances` takes."""
    # Renaming a rule must not reset its count: calls under a name that no rule has now count for every rule.
    counts = (spent.c.rule == allowance.rule) | spent.c.rule.not_in(spending.rules)
    each = (
        sql.select(spent.c.approval, spent.c.cents)
        .distinct()  # a call that needed several allowances counts once
        .where(spent.c.principal == spending.principal, spent.c.day == spending.day.isoformat(), counts)
        .subquery()
    )
    cents, calls = connection.execute(
        sql.select(sql.func.coalesce(sql.func.sum(each.c.cents), 0), sql.func.count()).select_from(each)
    ).one()
    most = None if allowance.calls is None else max(0, allowance.calls - calls)
    return RemainingAllowance(
        allowance.rule, max(Decimal(0), allowance.daily - Decimal(int(cents)) / 100), most
    )


def spend_allowances(
    connection: Connection, approval: str, spending: AutoApprovalRequest, now: float
) -> bool:
    """Deduct a call from every allowance it needs, all or none."""
    # Lock before reading: of two processes that would spend the last euro, the second waits here and reads the new sum.
    trail.lock_trail(connection)
    rests = [load_remaining_allowance(connection, spending, one) for one in spending.allowances]
    if not rests or not all(one.has_room_for(spending.amount) for one in rests):
        return False
    for one in spending.allowances:
        connection.execute(
            spent.insert().values(
                approval=approval,
                rule=one.rule,
                principal=spending.principal,
                account=spending.account,
                day=spending.day.isoformat(),
                cents=int(spending.amount * 100),
                at=now,
            )
        )
    return True
