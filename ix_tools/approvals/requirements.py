"""On what terms something irreversible may go out: who approves it, how many of them, and where.

Kept with each approval, so that what was decided on easier terms than are in force now is not used.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal
from unicodedata import normalize

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.approvals.budgets import AutoApprovalRequest
from ix_tools.errors import ApprovalRefused
from ix_tools.storage.schema import decisions

RequiredPlace = Literal["any", "form", "outside", "page", "terminal"]
"""Where a person says yes: anywhere; in the host's form; outside the host; on the page only; in a terminal only."""
PLACES_BY_STRICTNESS: tuple[RequiredPlace, ...] = ("any", "form", "outside", "page", "terminal")
"""From the easiest to imitate to the hardest."""
IDENTITY_KINDS = frozenset({"terminal", "page", "principal"})
"""Where a person is known by a name: as the system's user, on the page, as the one who asks."""
KnownIdentities = tuple[tuple[str, str], ...]
"""Identities and the person behind each: `terminal:asilva` is Ana, and so is `page:ana@acme.example`."""


@dataclass(frozen=True, slots=True)
class ApprovalRequirement:
    """Who has to say yes, and where."""

    where: RequiredPlace = "any"
    people: int = 1
    """How many different people."""
    asker: bool = True
    """Whether the person who asked may be one of them."""
    approvers: tuple[str, ...] = ()
    """The only people who may; empty: anybody."""
    same: KnownIdentities = ()
    """Who is who, as the policy's [people] say."""
    rules: tuple[str, ...] = ()
    """The rules that say so."""

    def to_json(self) -> str | None:
        """As an approval keeps it; nothing where nothing is asked for."""
        return None if self == ANY_PERSON else json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, kept: str | None) -> "ApprovalRequirement":
        """As an approval kept it."""
        if not kept:
            return cls()
        given = json.loads(kept)
        lists = {name: tuple(given[name]) for name in ("approvers", "rules")}
        return cls(**{**given, **lists, "same": tuple((one, who) for one, who in given["same"])})

    def find_people(self, *identities: str | None) -> frozenset[str]:
        """The people who may be behind these identities, those that are given."""
        return frozenset(who for one in identities if one for who in find_people(one, self.same))

    def is_as_strict_as(self, other: "ApprovalRequirement") -> bool:
        """Whether a yes on these terms is good where the others are asked for."""
        allowed = set(map(str.casefold, other.approvers))
        return (
            PLACES_BY_STRICTNESS.index(self.where) >= PLACES_BY_STRICTNESS.index(other.where)
            and self.people >= other.people
            and (other.asker or not self.asker)
            and (not allowed or (bool(self.approvers) and set(map(str.casefold, self.approvers)) <= allowed))
            and (self.same == other.same or (self.people == 1 and self.asker and not allowed))
        )

    def merge(self, other: "ApprovalRequirement") -> "ApprovalRequirement | None":
        """What satisfies both; None when nobody could."""
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
        )
        nobody = bool(self.approvers and other.approvers) and len(approvers) < both.people
        return None if nobody else both

    def find_ineligibility(
        self, by: str, asker: str, through: str, pin_set_by: str | None = None
    ) -> ApprovalRefused | None:
        """Why this person, deciding there, cannot be the one who approves; None when they can.

        `pin_set_by`: where a PIN says who they are, who set it (empty: nobody noted it). Both know it, so both must be allowed to.
        """
        rules = _format_rules(self.rules)
        if self.where in {"page", "terminal"} and self.where != through:
            there = "on the approval page" if self.where == "page" else "in a terminal"
            return ApprovalRefused(
                f"This is approved {there} only{rules}.", code="approval_elsewhere", next="approve it there"
            )
        if self.people == 1 and self.asker and not self.approvers:
            return None
        if not by:
            return ApprovalRefused(
                f"Who approves must be known here{rules}.",
                code="approver_unknown",
                next="sign in, then approve",
            )
        if pin_set_by == "":
            return ApprovalRefused(
                f"Who approves must be known here, and nobody noted who set this PIN{rules}.",
                code="approver_unknown",
                next="whose PIN it is sets it again with `ix-tools approvals pin`",
            )
        who = self.find_people(by, pin_set_by)
        also = f"; {pin_set_by} set this PIN, so that it may be them" if len(who) > 1 else ""
        if not self.asker and who & self.find_people(f"principal:{asker}"):
            return ApprovalRefused(
                f"Whoever asked does not approve it{rules}{also}.",
                code="approver_is_asker",
                next="another person approves",
            )
        if self.approvers and not who <= self.find_people(*self.approvers):
            return ApprovalRefused(
                f"Only {', '.join(self.approvers)} may approve this{rules}{also}.",
                code="approver_not_named",
                next="one of them approves",
            )
        return None


ANY_PERSON = ApprovalRequirement()
"""One person, wherever the settings let them answer: what is so without a policy."""


def pick_stricter(one: RequiredPlace, other: RequiredPlace) -> RequiredPlace:
    """The one of two places that is harder to imitate."""
    return max(one, other, key=PLACES_BY_STRICTNESS.index)


def _format_rules(rules: Iterable[str]) -> str:
    named = ", ".join(rules)
    return f" (policy: {named})" if named else ""


# --- people ----------------------------------------------------------------------------------------------


def find_people(identity: str, same: KnownIdentities) -> frozenset[str]:
    """The people who may be behind an identity such as `terminal:ana`; the same name in two places is the same person.

    A name that [people] knows in another place only is whoever has it there: `page:ana-laptop` is Ana where
    `principal:ana-laptop` is. Without a place, `ana` is the person of that name.
    """
    wanted = _normalize_name(identity)
    exactly = {_normalize_name(who) for one, who in same if _normalize_name(one) == wanted}
    place, _, bare = wanted.partition(":")
    if exactly or not bare:
        return frozenset(exactly or {wanted})
    if place not in IDENTITY_KINDS:
        return frozenset({wanted})
    return frozenset(
        {_normalize_name(who) for one, who in same if _normalize_name(one.partition(":")[2]) == bare}
        or {bare}
    )


def is_same_person(one: str, other: str, same: KnownIdentities) -> bool:
    """Whether two identities are surely one person."""
    first, second = find_people(one, same), find_people(other, same)
    return first == second and len(first) == 1


def load_approvers(connection: Connection, approval: str) -> tuple[str, ...]:
    """The people who approved it so far, first to last."""
    return tuple(row.person for row in _load_decisions(connection, approval))


def record_approval(
    connection: Connection, row: Any, by: str, through: str, now: float, pin_set_by: str | None = None
) -> int:
    """Note a person's yes; how many are still missing. The approval's row is locked by whoever calls."""
    terms = ApprovalRequirement.from_json(row.terms)
    before = _load_decisions(connection, row.id)
    who = terms.find_people(by, pin_set_by)
    for one in before:
        if who & terms.find_people(one.identity, one.pin_set_by):
            known = f"{by} and {one.identity} may be one person" if pin_set_by or one.pin_set_by else by
            raise ApprovalRefused(
                f"You approved {row.id} already ({known}); it wants {terms.people} different people.",
                code="approved_by_you_already",
                next="another person approves, with a PIN that nobody else set",
            )
    noted = {"person": min(terms.find_people(by), default=""), "identity": by, "pin_set_by": pin_set_by}
    connection.execute(decisions.insert().values(approval=row.id, **noted, channel=through, decided_at=now))
    return terms.people - len(before) - 1


def _load_decisions(connection: Connection, approval: str) -> Sequence[Any]:
    wanted = sql.select(decisions).where(decisions.c.approval == approval)
    return connection.execute(wanted.order_by(decisions.c.decided_at, decisions.c.person)).all()


def _normalize_name(text: str) -> str:
    # One name typed on two keyboards is one person.
    return normalize("NFKC", text.strip()).casefold()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the owner's policy makes of one call. Without a policy: a person, as the settings say."""

    requirement: ApprovalRequirement = ANY_PERSON
    """On what terms a person approves."""
    auto_approval: AutoApprovalRequest | None = None
    """Set where no person is asked while these allowances last."""
    refusal: str = ""
    """Why nobody can approve it, in words; empty where somebody can."""
