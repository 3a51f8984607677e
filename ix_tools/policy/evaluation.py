"""What a policy makes of one call: every rule is looked at, every one that applies counts, and the strictest wins.

    deny  >  four-eyes  >  terminal  >  page  >  form  >  person  >  unattended

What is not known of a call speaks against it: a rule that restricts applies where it might, one that lets
through without a person only where it surely does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ix_tools.approvals.budgets import Allowance, Spending
from ix_tools.approvals.requirements import Ruling, Terms, Where
from ix_tools.operations.spec import Effect
from ix_tools.policy.context import UNKNOWN, Case
from ix_tools.policy.rules import CLIENT, DAYS, Otherwise, Rule, Rules

WHERE: dict[str, Where] = {
    "person": "any",
    "form": "form",
    "four-eyes": "outside",
    "page": "page",
    "terminal": "terminal",
}


@dataclass(frozen=True, slots=True)
class Looked:
    """How one rule stands to a call."""

    rule: Rule
    against: tuple[str, ...]
    """Conditions that do not hold."""
    doubtful: tuple[str, ...]
    """Conditions about something that is not known."""
    held: tuple[str, ...] = ()
    """Why a rule that would let it through without a person does not."""

    @property
    def applies(self) -> bool:
        """Whether it counts."""
        if self.rule.unattended:
            return not self.against and not self.doubtful and not self.held
        return not self.against


@dataclass(frozen=True, slots=True)
class Explained:
    """The outcome with everything that led to it."""

    decision: str
    """The strictest: deny, four-eyes, terminal, page, form, person or unattended; none where nobody is asked."""
    winners: tuple[str, ...]
    """The rules that say so; none where `otherwise` does."""
    ruling: Ruling
    looked: tuple[Looked, ...]


def surely_denied(rules: Rules, case: Case) -> tuple[str, ...]:
    """The rules that deny a call whatever else may be found out about it."""
    denying = [_looked(rule, case) for rule in rules.rules if rule.decision == "deny"]
    return tuple(one.rule.name for one in denying if one.applies and not one.doubtful)


def explained(rules: Rules, case: Case) -> Explained:
    """Decide."""
    looked = tuple(_looked(rule, case) for rule in rules.rules)
    counting = [one.rule for one in looked if one.applies]
    denying = tuple(rule.name for rule in counting if rule.decision == "deny")
    if denying:
        return Explained("deny", denying, Ruling(refusal=_denied(denying)), looked)
    if not case.effect.gated:
        return Explained("none", (), Ruling(), looked)
    asking = [rule for rule in counting if not rule.unattended]
    free = tuple(rule for rule in counting if rule.unattended)
    terms, refusal = _terms(rules, asking)
    if free and not asking and case.amount is not None and case.amount is not UNKNOWN:
        allowances = tuple(
            Allowance(rule.name, rule.daily or case.amount * 0, rule.daily_calls) for rule in free
        )
        unattended = tuple(rule.name for rule in rules.rules if rule.unattended)
        spending = Spending(case.principal, "", case.at.date(), case.amount, allowances, unattended)
        names = tuple(rule.name for rule in free)
        return Explained("unattended", names, Ruling(terms, spending, refusal), looked)
    if refusal:
        return Explained("deny", tuple(rule.name for rule in asking), Ruling(refusal=refusal), looked)
    strictest = max((rule.decision for rule in asking), key=list(STRICTNESS).index, default=rules.otherwise)
    winners = tuple(rule.name for rule in asking if rule.decision == strictest)
    return Explained(strictest, winners, Ruling(terms), looked)


STRICTNESS = ("unattended", "person", "form", "page", "terminal", "four-eyes", "deny")


def _denied(names: tuple[str, ...]) -> str:
    return f"the policy denies it ({', '.join(names)})"


def _terms(rules: Rules, asking: list[Rule]) -> tuple[Terms, str]:
    """On what terms a person approves: all of those that apply at once; and why nobody can, where that is so."""
    if not asking:
        if rules.otherwise == "deny":
            return Terms(), "the policy denies what no rule lets through (otherwise)"
        return _of(rules, rules.otherwise, None), ""
    terms = Terms()
    for rule in asking:
        both = terms.and_(_of(rules, rule.decision, rule))
        if both is None:
            names = ", ".join(rule.name for rule in asking)
            return Terms(), f"the policy leaves nobody who may approve it ({names})"
        terms = both
    return terms, ""


def _of(rules: Rules, decision: Otherwise | str, rule: Rule | None) -> Terms:
    four = decision == "four-eyes"
    chosen = rule.asker_may_approve if rule is not None else None
    asker = (not four) if chosen is None else chosen
    approvers = (rule.approvers or ()) if rule is not None else ()
    if decision == "person" and asker and not approvers:
        return Terms()  # what is so without a policy
    where = WHERE[decision]
    if (approvers or not asker) and where == "any":
        where = "outside"  # a form does not tell who answers it
    return Terms(
        where=where,
        people=2 if four else 1,
        asker=asker,
        approvers=approvers,
        same=rules.same if four or approvers or not asker else (),
        rules=(rule.name,) if rule is not None else ("otherwise",),
    )


# --- one rule --------------------------------------------------------------------------------------------


def _looked(rule: Rule, case: Case) -> Looked:
    against, doubtful = [], []
    for name, holds in _conditions(rule, case):
        if holds is None:
            doubtful.append(name)
        elif not holds:
            against.append(name)
    held = tuple(_held(rule, case)) if rule.unattended and not against else ()
    return Looked(rule, tuple(against), tuple(doubtful), held)


def _conditions(rule: Rule, case: Case) -> Iterator[tuple[str, bool | None]]:
    """Each condition that the rule names: whether it holds, or None where that is not known."""
    minutes = case.at.hour * 60 + case.at.minute
    if rule.who is not None:
        yield "who", any(fnmatchcase(case.principal, one) for one in rule.who)
    if rule.through is not None:
        yield "through", case.face in rule.through
    if rule.operations is not None:
        yield "operations", any(fnmatchcase(case.operation, one) for one in rule.operations)
    if rule.effects is not None:
        # Deleting a client is a change of the catalogue, too: what a rule says of those holds for it.
        effects = {case.effect, Effect.CATALOGUE} if case.effect is Effect.REMOVES else {case.effect}
        yield "effects", not effects.isdisjoint(rule.effects)
    for name, wanted, have in (
        ("states", rule.states, case.state),
        ("document_types", rule.document_types, case.document_type),
        ("series", rule.series, case.series),
    ):
        if wanted is not None:
            yield name, None if have is UNKNOWN else have in wanted
    for name, limit in (("above", rule.above), ("up_to", rule.up_to)):
        if limit is not None:
            yield name, _within(name, limit, case.amount)
    if rule.weekdays is not None:
        yield "weekdays", DAYS[case.at.weekday()] in rule.weekdays
    if rule.hours is not None:
        yield "hours", rule.hours[0] <= minutes < rule.hours[1]
    if rule.first_day is not None:
        yield "first_day", rule.first_day <= case.at.date()
    if rule.last_day is not None:
        yield "last_day", case.at.date() <= rule.last_day


def _within(name: str, limit: Any, amount: Any) -> bool | None:
    if amount is UNKNOWN:
        return None
    if amount is None:
        return False
    return bool(amount > limit if name == "above" else amount <= limit)


def _held(rule: Rule, case: Case) -> Iterator[str]:
    """Why a person is asked although every condition of an unattended rule holds."""
    if case.effect is Effect.ADMIN or not case.effect.gated:
        yield "effect"
    if case.differs:
        yield "differences"
    if case.warnings and not rule.with_warnings:
        yield "warnings"
    if case.effect is Effect.OUTBOUND:
        if case.keeps_recipient:
            yield "save"
        if not case.recipients or not all(_allowed(rule, case, one) for one in case.recipients):
            yield "recipients"


def _allowed(rule: Rule, case: Case, address: str) -> bool:
    address, own = address.casefold(), case.client_email.casefold()
    return any(
        (bool(own) and address == own) if one == CLIENT else fnmatchcase(address, one.casefold())
        for one in rule.recipients or ()
    )
