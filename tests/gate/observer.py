"""Observer of a scenario: after each event, compares the requests that were sent with those that were allowed.

A second writer may act before, while a person reads, and exactly between the last read and the request. Every issued
document must be as its approval showed it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sql

from ix_tools.operations.digests import hash_content
from ix_tools.operations.spec import Effect
from ix_tools.pipeline.context import CallContext
from ix_tools.policy.file import PolicyFile
from ix_tools.storage.schema import approvals
from tests.gate.model import GateModel, PreparedCall, forget
from tests.gate.replay_transport import DELETED

CEILING, DAILY = Decimal("123.00"), Decimal("246.00")
RULES = {
    "none": None,
    "empty": "",
    "terminal": '[[rules]]\nname = "t"\ndecision = "terminal"\n',
    "four-eyes": '[[rules]]\nname = "f"\ndecision = "four-eyes"\n',
    "deny": f'[[rules]]\nname = "d"\ndecision = "deny"\neffects = {[str(one) for one in Effect if one.needs_approval]}\n',
    "unattended": f"""
        [[rules]]
        name = "flow"
        decision = "unattended"
        who = ["flow"]
        operations = ["change_state"]
        states = ["finalized"]
        up_to = {CEILING}
        daily = {DAILY}
        with_warnings = true

        [[rules]]
        name = "money"
        decision = "unattended"
        who = ["flow"]
        operations = ["generate_payment", "create_regularization", "send_email"]
        up_to = {CEILING}
        daily = {DAILY}
        with_warnings = true
        recipients = ["client"]
        """,
    "broken": "[[rules]]\nname = ",
}
STRICTER = {"none": (), "empty": (), "unattended": (), "terminal": ("t",), "four-eyes": ("f",)}
"""Requirements of each policy; an approval given under one is valid under another that requires no more."""


class Shown(NamedTuple):
    """The state of a call's document, as a person would see it."""

    version: int
    """Number of edits in InvoiceXpress itself."""
    variant: str
    """The variant that a second writer of ix-tools made."""
    city: int
    """The city of its client."""


@dataclass
class ExpectedApproval:
    """An approval as the observer expects it."""

    id: str
    handle: str
    person: str
    call: int
    seen: Shown
    expires: float
    form: bool
    policy: str
    state: str = "pending"
    yes: set[str] = field(default_factory=set)


@dataclass
class Observer:
    """Knows what was requested, approved and changed, and computes what may be sent."""

    world: GateModel
    about: tuple[int, int]
    known: list[ExpectedApproval] = field(default_factory=list)
    policy_now: str = "none"
    version: int = 0
    city: int = 0
    intended: dict[str, Any] = field(default_factory=dict)
    """The change that each request of the second writer will make."""
    calling: int = 0
    """The current call."""
    then: Shown = field(default_factory=lambda: Shown(0, "", 0))
    """The state of its document before the call."""
    amount_then: Decimal | None = None
    gapped: bool = False
    """True if an action was waiting in the gap."""
    rewritten: set[str] = field(default_factory=set)
    """Paths of drafts that another server wrote."""
    sent: int = 0
    lost: int = 0
    """Approvals that may have been used for a request that was refused."""
    spent: dict[str, Decimal] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    # --- setup

    async def begin(self, policy: str) -> None:
        tape = self.world.tape
        tape.writes.clear()
        tape.variant.clear()
        tape.gaps.clear()
        self.world.forget_seen()
        self.file = self.world.folder / "policy.toml"
        self.asking = "ana"
        await self.policy(policy)
        assert self.world.desk is not None
        forget(self.world.desk.store)

    async def restart(self) -> None:
        """Start new servers on the same store."""
        self.world.restarted()

    def desk(self, channel: str = "auto", *, of: CallContext | None = None) -> CallContext:
        chosen = of or self.world.desk
        assert chosen is not None
        changes = {"principal": self.asking, "approval_channel": channel}
        settings = chosen.settings.model_copy(update=changes)
        policy = None if self.policy_now == "none" else PolicyFile(self.file)
        return replace(chosen, settings=settings, policy=policy)

    async def policy(self, kind: str) -> None:
        """Replace the policy file while everything runs."""
        self.policy_now = kind
        self.file.write_text(RULES[kind] or "")
        self.file.chmod(0o600)

    def call_of(self, which: int) -> int:
        return self.about[which] % len(self.world.calls)

    def staged(self, call: int) -> PreparedCall:
        return self.world.calls[call]

    # --- expectations

    def seen(self, call: int) -> Shown:
        one = self.staged(call)
        variant = self.world.tape.variant.get(one.path, "")
        # The variant for another company shows another client.
        city = self.city if one.shows_client and variant != "quiet" else 0
        return Shown(self.version if one.shows else 0, variant, city)

    def amount(self, call: int) -> Decimal | None:
        one = self.staged(call)
        variant = self.world.tape.variant.get(one.path, "")
        return one.amounts.get(variant, one.amounts[""])

    def same(self, call: int, one: Shown, other: Shown) -> bool:
        """Tell whether two states show the same; the client's city counts only for finalizing."""
        return one == other or (not self.staged(call).finalizes and one[:2] == other[:2])

    def sure(self, call: int, approved: list[ExpectedApproval]) -> bool:
        """Tell whether an allowed request must also be sent.

        Not with an action in the gap; nor if a workflow finds its draft changed, which approving alone does not accept;
        nor if only the client's city differs, for calls that do not print it; nor if another server wrote the draft again
        unchanged, because its fields that InvoiceXpress does not return were unknown before and are known now.
        """
        one, then = self.staged(call), self.then
        workflow = one.name == "issue_invoice" and then != Shown(0, "", 0)
        near = [k for k in approved if k.call == call and k.seen != then and self.same(call, k.seen, then)]
        rewritten = one.path in self.rewritten
        return not (workflow or then.variant == DELETED or self.gapped or near or rewritten)

    def valid(self, one: ExpectedApproval, person: str, call: int) -> bool:
        """Tell whether an approval is valid for this call now."""
        return (
            (one.person, one.call) == (person, call)
            and one.expires > self.world.clock.now
            and self.same(call, one.seen, self.then)
            and one.seen.variant != DELETED
            and self.staged(call).gated
            and self.policy_now in STRICTER
            and STRICTER[self.policy_now] in {(), STRICTER[one.policy]}
        )

    def unattended(self, person: str, call: int) -> bool:
        """Tell whether the policy approves the call automatically."""
        amount, rule = self.amount_then, self.rule(call)
        return (
            self.policy_now == "unattended"
            and person == "flow"
            and rule is not None
            and amount is not None
            and amount <= CEILING
            and self.then.variant != DELETED
            and self.spent.get(rule, Decimal(0)) + amount <= DAILY
        )

    def rule(self, call: int) -> str | None:
        """Return the policy rule that covers the call; the e-mail goes to the client's own address."""
        one = self.staged(call)
        if one.name == "issue_invoice":
            return "flow"
        if one.name == "change_state":
            return "flow" if one.arguments["state"] == "finalized" else None
        return "money" if one.name in {"send_email", "generate_payment", "create_regularization"} else None

    def look(self, call: int) -> None:
        """Record the state before a call."""
        self.calling = call
        self.then, self.amount_then = self.seen(call), self.amount(call)
        self.gapped = bool(self.world.tape.gaps)

    def states(self) -> dict[str, str]:
        assert self.world.desk is not None
        with self.world.desk.store.reading() as connection:
            rows = connection.execute(sql.select(approvals.c.id, approvals.c.state)).all()
        return {row.id: row.state for row in rows}

    def asked_under(self, handle: str) -> str:
        assert self.world.desk is not None
        with self.world.desk.store.reading() as connection:
            row = connection.execute(
                sql.select(approvals.c.id).where(approvals.c.handle == hash_content(handle))
            )
            return str(row.scalar_one())

    def learn(self, asked: dict[str, Any] | str, person: str, call: int, form: bool) -> None:
        """Record a requested approval."""
        assert self.world.desk is not None
        identifier = asked if isinstance(asked, str) else asked["id"]
        with self.world.desk.store.reading() as connection:
            rows = connection.execute(sql.select(approvals)).all()
        new = [row for row in rows if row.id == identifier]
        known = {one.id for one in self.known}
        for row in new:
            if row.id not in known:
                self.known.append(
                    ExpectedApproval(
                        row.id, "", person, call, self.seen(call), row.expires_at, form, self.policy_now
                    )
                )

    def count(self, call: int, allowed: bool, mode: str, *, exactly: bool = True) -> bool:
        """Check that at most one more request was sent, and only if allowed."""
        writes = self.world.tape.writes
        left = len(writes) - self.sent
        assert left in {0, 1}, writes
        assert allowed or not left, f"{self.staged(call).name} left without a valid approval"
        if exactly and call not in self.done:
            assert bool(left) == allowed, f"{self.staged(call).name} did not leave"
        if left:
            self.sent += 1
            self.done.add(call)
            self.world.carried_out.add(self.staged(call).name)
            self.world.by_mode[mode] = self.world.by_mode.get(mode, 0) + 1
        return bool(left)

    def issued_as(self, call: int, shown: Shown) -> None:
        """Check that the document sent last is as it was shown."""
        now, _ = self.world.tape.writes[-1].state
        assert self.same(call, shown, now), (
            f"{self.staged(call).name}: shown {shown}, and sent when it was {now}"
        )

    def settle(self, call: int, person: str, mode: str, approved: list[ExpectedApproval]) -> None:
        """Check a call without a form reply: sent by the policy, by an approval given elsewhere, or not at all."""
        free = self.unattended(person, call)
        good = [one for one in approved if one.state == "approved" and self.valid(one, person, call)]
        before = {one.id: one.state for one in self.known}
        exactly = self._newest_is(good, person, call) and self.sure(call, approved)
        left = self.count(call, bool(good) or free, mode, exactly=exactly)
        states = self.states()
        used = [one for one in self.known if before[one.id] != "used" and states.get(one.id) == "used"]
        assert len(used) <= left + self.lost
        assert all(one in good for one in used)
        if left and used:
            self.issued_as(call, used[0].seen)
        if left and not used:
            assert free
            assert self.amount_then is not None
            _, amount = self.world.tape.writes[-1].state
            assert amount <= CEILING, f"{self.staged(call).name}: {amount} left by a policy up to {CEILING}"
            if not self.lost:
                self.issued_as(call, self.then)
            rule = str(self.rule(call))
            self.spent[rule] = self.spent.get(rule, Decimal(0)) + self.amount_then
        for one in self.known:
            one.state = states[one.id]

    def _newest_is(self, good: list[ExpectedApproval], person: str, call: int) -> bool:
        """Tell whether the newest approval requested elsewhere is among the valid ones; it may replace an older one."""
        mine = [one for one in self.known if not one.form and (one.person, one.call) == (person, call)]
        return (
            not mine
            or mine[-1] in good
            or (not good and mine[-1].state in {"used", "stale", "expired", "pending"})
        )

    def used(self) -> int:
        """Return the number of used approvals."""
        return list(self.states().values()).count("used")

    async def end(self) -> None:
        """Check that one approval was used per sent request; refused requests may have used further ones."""
        assert self.sent == len(self.world.tape.writes)
        assert self.sent <= self.used() <= self.sent + self.lost
