"""Approval requirements: who approves, how many people, and in which place.

The requirement is stored with each approval, so that an approval under an easier requirement than the current one does
not count.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.approvals.budgets import AutoApprovalRequest
from ix_tools.auth.identities import KnownIdentities, find_people
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import NO_MESSAGE, Message, message, verbatim
from ix_tools.storage.schema import decisions

RequiredPlace = Literal["any", "form", "outside", "page", "terminal", "signed"]
"""The places where a person may approve: any; the host's form; outside the host; only the page; only a terminal; only on the
page, with a passkey's signature.
"""
PLACES_BY_STRICTNESS: tuple[RequiredPlace, ...] = ("any", "form", "outside", "page", "terminal", "signed")
"""From the easiest to imitate to the hardest."""


@dataclass(frozen=True, slots=True)
class ApprovalRequirement:
    """The people who must approve, and the place."""

    where: RequiredPlace = "any"
    people: int = 1
    """The number of different people."""
    asker: bool = True
    """The requester may be one of them."""
    approvers: tuple[str, ...] = ()
    """The only people who may approve; empty for anybody."""
    same: KnownIdentities = ()
    """The identities of the policy's [people]."""
    rules: tuple[str, ...] = ()
    """The names of the policy rules that require it."""
    minutes: int = 0
    """Minutes for which the approval is valid; 0 for what the settings say."""

    def to_json(self) -> str | None:
        """Return the stored form; None for the default requirement."""
        return None if self == ANY_PERSON else json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, kept: str | None) -> "ApprovalRequirement":
        """Read the stored form."""
        if not kept:
            return cls()
        given = json.loads(kept)
        lists = {name: tuple(given[name]) for name in ("approvers", "rules")}
        return cls(**{**given, **lists, "same": tuple((one, who) for one, who in given["same"])})

    def find_people(self, *identities: str | None) -> frozenset[str]:
        """Return the people who may have one of these identities."""
        return frozenset(who for one in identities if one for who in find_people(one, self.same))

    def is_as_strict_as(self, other: "ApprovalRequirement") -> bool:
        """Check that an approval under this requirement also satisfies the other one."""
        allowed = set(map(str.casefold, other.approvers))
        return (
            PLACES_BY_STRICTNESS.index(self.where) >= PLACES_BY_STRICTNESS.index(other.where)
            and self.people >= other.people
            and (other.asker or not self.asker)
            and (not other.minutes or 0 < self.minutes <= other.minutes)
            and (not allowed or (bool(self.approvers) and set(map(str.casefold, self.approvers)) <= allowed))
            and (self.same == other.same or (self.people == 1 and self.asker and not allowed))
        )

    def merge(self, other: "ApprovalRequirement") -> "ApprovalRequirement | None":
        """Return a requirement that satisfies both; None if nobody could satisfy it."""
        approvers = self.approvers or other.approvers
        if self.approvers and other.approvers:
            wanted = set(map(str.casefold, other.approvers))
            approvers = tuple(one for one in self.approvers if one.casefold() in wanted)
        both = replace(
            self,
            where=pick_stricter(self.where, other.where),
            people=max(self.people, other.people),
            asker=self.asker and other.asker,
            approvers=approvers,
            same=self.same or other.same,
            rules=tuple(dict.fromkeys((*self.rules, *other.rules))),
            minutes=min(filter(None, (self.minutes, other.minutes)), default=0),
        )
        nobody = bool(self.approvers and other.approvers) and len(approvers) < both.people
        return None if nobody else both

    def find_ineligibility(
        self, by: str, asker: str, through: str, shared_with: str | None = None
    ) -> ApprovalRefused | None:
        """Return why this person cannot approve in this place; None if they can.

        Args:
            by: the identity of the person; empty if unknown.
            asker: the principal of the requester.
            through: the place of the decision.
            shared_with: who else may be the person: who set their PIN, or sent the invitation to their passkey. Empty if that
                is not recorded. Both must be allowed to approve.
        """
        rules = _format_rules(self.rules)
        if self.where == "signed" and through != "signed":
            return ApprovalRefused(
                message("This call is approved with a passkey's signature only{rules}.", rules=rules),
                code="signature_needed",
                next=message("sign in to the inbox of the server, or open the link, and use your passkey"),
            )
        satisfied = {"page", "signed"} if self.where == "page" else {self.where}
        if self.where in {"page", "terminal"} and through not in satisfied:
            there = message("on the approval page") if self.where == "page" else message("in a terminal")
            return ApprovalRefused(
                message("This call can be approved {there} only{rules}.", there=there, rules=rules),
                code="approval_elsewhere",
                next=message("approve it {there}", there=there),
            )
        if self.people == 1 and self.asker and not self.approvers:
            return None
        if not by:
            return ApprovalRefused(
                message("The approver must be identified here{rules}.", rules=rules),
                code="approver_unknown",
                next=message("sign in, then approve"),
            )
        if shared_with == "":
            return ApprovalRefused(
                message(
                    "The approver must be identified here, and it is not recorded who set this PIN{rules}.",
                    rules=rules,
                ),
                code="approver_unknown",
                next=message("the owner of the PIN sets it again with `ix-tools approvals pin`"),
            )
        who = self.find_people(by, shared_with)
        also = (
            message("; {person} set this PIN or sent this invitation, so it may be them", person=shared_with)
            if len(who) > 1
            else NO_MESSAGE
        )
        if not self.asker and who & self.find_people(f"principal:{asker}"):
            return ApprovalRefused(
                message("The requester may not approve this call{rules}{also}.", rules=rules, also=also),
                code="approver_is_asker",
                next=message("another person approves"),
            )
        if self.approvers and not who <= self.find_people(*self.approvers):
            return ApprovalRefused(
                message(
                    "Only {approvers} may approve this call{rules}{also}.",
                    approvers=", ".join(self.approvers),
                    rules=rules,
                    also=also,
                ),
                code="approver_not_named",
                next=message("one of these people approves"),
            )
        return None


ANY_PERSON = ApprovalRequirement()
"""The default without a policy: one person, in any place that the settings allow."""


def pick_stricter(one: RequiredPlace, other: RequiredPlace) -> RequiredPlace:
    """Return the place that is harder to imitate."""
    return one if PLACES_BY_STRICTNESS.index(one) >= PLACES_BY_STRICTNESS.index(other) else other


def _format_rules(rules: Iterable[str]) -> Message:
    named = ", ".join(rules)
    return message(" (policy: {rules})", rules=named) if named else NO_MESSAGE


def load_approvers(connection: Connection, approval: str) -> tuple[str, ...]:
    """Return the people who have approved so far, first to last."""
    return tuple(row.person for row in _load_decisions(connection, approval))


def record_approval(
    connection: Connection, row: Any, by: str, through: str, now: float, shared_with: str | None = None
) -> int:
    """Record a person's approval and return how many are still missing. The caller holds the lock on the row."""
    terms = ApprovalRequirement.from_json(row.terms)
    before = _load_decisions(connection, row.id)
    who = terms.find_people(by, shared_with)
    for one in before:
        if who & terms.find_people(one.identity, one.pin_set_by):
            known = (
                message("{one} and {other} may be one person", one=by, other=one.identity)
                if shared_with or one.pin_set_by
                else verbatim(by)
            )
            raise ApprovalRefused(
                message(
                    "You already approved {id} ({known}); it needs {people} different people.",
                    id=row.id,
                    known=known,
                    people=terms.people,
                ),
                code="approved_by_you_already",
                next=message("another person approves, with a PIN that they set themselves"),
            )
    noted = {"person": min(terms.find_people(by), default=""), "identity": by, "pin_set_by": shared_with}
    connection.execute(decisions.insert().values(approval=row.id, **noted, channel=through, decided_at=now))
    return terms.people - len(before) - 1


def _load_decisions(connection: Connection, approval: str) -> Sequence[Any]:
    wanted = sql.select(decisions).where(decisions.c.approval == approval)
    return connection.execute(wanted.order_by(decisions.c.decided_at, decisions.c.person)).all()


@dataclass(frozen=True, slots=True)
class Ruling:
    """The policy's decision on one call; the default is a person, as the settings say."""

    requirement: ApprovalRequirement = ANY_PERSON
    """The requirement if a person approves."""
    auto_approval: AutoApprovalRequest | None = None
    """Set if the call is approved automatically while its allowances last."""
    refusal: Message = NO_MESSAGE
    """Why nobody can approve the call; empty if somebody can."""
