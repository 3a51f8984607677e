"""On what terms something irreversible may go out: who approves it, how many of them, and where.

Kept with each approval, so that what was decided on easier terms than are in force now is not used.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal
from unicodedata import normalize

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.errors import ApprovalRefused
from ix_tools.tables import decisions
from ix_tools.unattended import Spending

Where = Literal["any", "form", "outside", "page", "terminal"]
"""Where a person says yes: anywhere; in the host's form; outside the host; on the page only; in a terminal only."""
STRICTER: tuple[Where, ...] = ("any", "form", "outside", "page", "terminal")
"""From the easiest to imitate to the hardest."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Who has to say yes, and where."""

    where: Where = "any"
    people: int = 1
    """How many different people."""
    asker: bool = True
    """Whether the person who asked may be one of them."""
    approvers: tuple[str, ...] = ()
    """The only people who may; empty: anybody."""
    same: tuple[tuple[str, str], ...] = ()
    """Identities and the person behind each: `terminal:asilva` is Ana, and so is `page:ana@acme.example`."""
    rules: tuple[str, ...] = ()
    """The rules that say so."""

    def kept(self) -> str | None:
        """As an approval keeps it; nothing where nothing is asked for."""
        return None if self == ANYBODY else json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of(cls, kept: str | None) -> "Terms":
        """As an approval kept it."""
        if not kept:
            return cls()
        given = json.loads(kept)
        lists = {name: tuple(given[name]) for name in ("approvers", "rules")}
        return cls(**{**given, **lists, "same": tuple((one, who) for one, who in given["same"])})

    def person(self, identity: str) -> str:
        """Who is behind an identity such as `terminal:ana`; the same name in two places is the same person."""
        same = {one.casefold(): who for one, who in self.same}
        bare = identity.partition(":")[2] or identity
        # One name typed on two keyboards is one person.
        return normalize("NFKC", (same.get(identity.casefold()) or bare).strip()).casefold()

    def as_strict_as(self, other: "Terms") -> bool:
        """Whether a yes on these terms is good where the others are asked for."""
        allowed = set(map(str.casefold, other.approvers))
        return (
            STRICTER.index(self.where) >= STRICTER.index(other.where)
            and self.people >= other.people
            and (other.asker or not self.asker)
            and (not allowed or (bool(self.approvers) and set(map(str.casefold, self.approvers)) <= allowed))
            and (self.same == other.same or (self.people == 1 and self.asker and not allowed))
        )

    def and_(self, other: "Terms") -> "Terms | None":
        """What satisfies both; None when nobody could."""
        approvers = self.approvers or other.approvers
        if self.approvers and other.approvers:
            wanted = set(map(str.casefold, other.approvers))
            approvers = tuple(one for one in self.approvers if one.casefold() in wanted)
        both = replace(
            self,
            where=stricter(self.where, other.where),
            people=max(self.people, other.people),
            asker=self.asker and other.asker,
            approvers=approvers,
            same=self.same or other.same,
            rules=tuple(dict.fromkeys((*self.rules, *other.rules))),
        )
        nobody = bool(self.approvers and other.approvers) and len(approvers) < both.people
        return None if nobody else both

    def against(self, by: str, asker: str, through: str) -> ApprovalRefused | None:
        """Why this person, deciding there, cannot be the one who approves; None when they can."""
        who, rules = self.person(by) if by else "", _by(self.rules)
        if self.where in {"page", "terminal"} and self.where != through:
            there = "on the approval page" if self.where == "page" else "in a terminal"
            return _refusal(
                "approval_elsewhere", f"This is approved {there} only{rules}.", "approve it there"
            )
        if self.people > 1 or not self.asker or self.approvers:
            if not who:
                return _refusal(
                    "approver_unknown", f"Who approves must be known here{rules}.", "sign in, then approve"
                )
            if not self.asker and who == self.person(f"principal:{asker}"):
                return _refusal(
                    "approver_is_asker",
                    f"Whoever asked does not approve it{rules}.",
                    "another person approves",
                )
            if self.approvers and who not in {self.person(one) for one in self.approvers}:
                return _refusal(
                    "approver_not_named",
                    f"Only {', '.join(self.approvers)} may approve this{rules}.",
                    "one of them approves",
                )
        return None


ANYBODY = Terms()
"""One person, wherever the settings let them answer: what is so without a policy."""


def stricter(one: Where, other: Where) -> Where:
    """The one of two places that is harder to imitate."""
    return max(one, other, key=STRICTER.index)


def _by(rules: Iterable[str]) -> str:
    named = ", ".join(rules)
    return f" (policy: {named})" if named else ""


def _refusal(code: str, message: str, next: str) -> ApprovalRefused:
    return ApprovalRefused(message, code=code, next=next)


# --- people ----------------------------------------------------------------------------------------------


def said_yes(connection: Connection, approval: str) -> tuple[str, ...]:
    """The people who approved it so far, first to last."""
    rows = connection.execute(
        sql.select(decisions.c.person)
        .where(decisions.c.approval == approval)
        .order_by(decisions.c.decided_at, decisions.c.person)
    )
    return tuple(row.person for row in rows)


def one_more_yes(connection: Connection, row: Any, by: str, through: str, now: float) -> int:
    """Note a person's yes; how many are still missing. The approval's row is locked by whoever calls."""
    terms = Terms.of(row.terms)
    person = terms.person(by) if by else ""
    before = said_yes(connection, row.id)
    if person in before:
        raise _refusal(
            "approved_by_you_already",
            f"You approved {row.id} already; it wants {terms.people} different people.",
            "another person approves",
        )
    connection.execute(
        decisions.insert().values(
            approval=row.id, person=person, identity=by, channel=through, decided_at=now
        )
    )
    return terms.people - len(before) - 1


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the owner's policy makes of one call. Without a policy: a person, as the settings say."""

    terms: Terms = ANYBODY
    """On what terms a person approves."""
    unattended: Spending | None = None
    """Set where no person is asked while these allowances last."""
    refusal: str = ""
    """Why nobody can approve it, in words; empty where somebody can."""
