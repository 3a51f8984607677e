"""Evaluation of a policy for one call: every rule that applies counts, and the strictest wins.

    deny  >  four-eyes  >  signed  >  terminal  >  page  >  form  >  person  >  unattended

Unknown values count against the call: a restricting rule applies if it may, an unattended rule only if it certainly does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from ix_tools.approvals.budgets import Allowance, AutoApprovalRequest
from ix_tools.approvals.requirements import ApprovalRequirement, RequiredPlace, Ruling
from ix_tools.i18n.messages import NO_MESSAGE, Message, message
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import Effect
from ix_tools.policy.context import UNKNOWN, PolicyCase
from ix_tools.policy.rules import CLIENT, DAYS, FallbackDecision, Rule, Rules

PLACE_BY_DECISION: dict[str, RequiredPlace] = {
    "person": "any",
    "form": "form",
    "four-eyes": "outside",
    "page": "page",
    "terminal": "terminal",
    "signed": "signed",
}


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """The comparison of one rule with a call."""

    rule: Rule
    failed_conditions: tuple[str, ...]
    """Names of the conditions that do not hold."""
    unknown_conditions: tuple[str, ...]
    """Names of the conditions on unknown values."""
    blockers: tuple[str, ...] = ()
    """Reasons why an unattended rule does not apply although its conditions hold."""

    @property
    def applies(self) -> bool:
        """Check if the rule counts."""
        if self.rule.is_unattended:
            return not self.failed_conditions and not self.unknown_conditions and not self.blockers
        return not self.failed_conditions


@dataclass(frozen=True, slots=True)
class PolicyEvaluation:
    """The decision on a call, with the match of every rule."""

    decision: str
    """The strictest decision; `none` if the call needs no approval."""
    deciding_rules: tuple[str, ...]
    """The names of the rules with this decision; empty if `otherwise` decides."""
    ruling: Ruling
    matches: tuple[RuleMatch, ...]


def find_certain_denials(rules: Rules, case: PolicyCase) -> tuple[str, ...]:
    """Return the names of the rules that deny a call regardless of its unknown values."""
    denying = [_match_rule(rule, case) for rule in rules.rules if rule.decision == "deny"]
    return tuple(one.rule.name for one in denying if one.applies and not one.unknown_conditions)


def evaluate_rules(rules: Rules, case: PolicyCase) -> PolicyEvaluation:
    """Evaluate all rules and return the strictest decision."""
    looked = tuple(_match_rule(rule, case) for rule in rules.rules)
    counting = [one.rule for one in looked if one.applies]
    denying = tuple(rule.name for rule in counting if rule.decision == "deny")
    if denying:
        return PolicyEvaluation("deny", denying, Ruling(refusal=_explain_denial(denying)), looked)
    if not case.effect.needs_approval:
        return PolicyEvaluation("none", (), Ruling(), looked)
    asking = [rule for rule in counting if not rule.is_unattended]
    free = tuple(rule for rule in counting if rule.is_unattended)
    terms, refusal = _merge_requirements(rules, asking)
    if free and not asking and case.amount is not None and case.amount is not UNKNOWN:
        allowances = tuple(
            Allowance(rule.name, rule.daily or case.amount * 0, rule.daily_calls) for rule in free
        )
        unattended = tuple(rule.name for rule in rules.rules if rule.is_unattended)
        spending = AutoApprovalRequest(
            case.principal, "", case.at.date(), case.amount, allowances, unattended
        )
        names = tuple(rule.name for rule in free)
        return PolicyEvaluation("unattended", names, Ruling(terms, spending, refusal), looked)
    if refusal:
        return PolicyEvaluation("deny", tuple(rule.name for rule in asking), Ruling(refusal=refusal), looked)
    strictest = max(
        (rule.decision for rule in asking),
        key=STRICTNESS.index,
        default=rules.otherwise,
    )
    winners = tuple(rule.name for rule in asking if rule.decision == strictest)
    return PolicyEvaluation(strictest, winners, Ruling(terms), looked)


STRICTNESS: tuple[str, ...] = (
    "unattended",
    "person",
    "form",
    "page",
    "terminal",
    "signed",
    "four-eyes",
    "deny",
)


def _explain_denial(names: tuple[str, ...]) -> Message:
    return message("the policy denies it ({rules})", rules=", ".join(names))


def _merge_requirements(rules: Rules, asking: list[Rule]) -> tuple[ApprovalRequirement, Message]:
    """Merge the requirements of all rules; also return why nobody can approve, or no message."""
    if not asking:
        if rules.otherwise == "deny":
            return ApprovalRequirement(), message(
                "the policy denies calls to which no rule applies (otherwise)"
            )
        return _build_requirement(rules, rules.otherwise, None), NO_MESSAGE
    terms = ApprovalRequirement()
    for rule in asking:
        both = terms.merge(_build_requirement(rules, rule.decision, rule))
        if both is None:
            names = ", ".join(rule.name for rule in asking)
            return ApprovalRequirement(), message(
                "under the policy, nobody may approve it ({rules})", rules=names
            )
        terms = both
    return terms, NO_MESSAGE


def _build_requirement(
    rules: Rules, decision: FallbackDecision | str, rule: Rule | None
) -> ApprovalRequirement:
    four = decision == "four-eyes"
    chosen = rule.asker_may_approve if rule is not None else None
    asker = (not four) if chosen is None else chosen
    approvers = (rule.approvers or ()) if rule is not None else ()
    minutes = (rule.valid_minutes or 0) if rule is not None else 0
    if decision == "person" and asker and not approvers and not minutes:
        return ApprovalRequirement()  # the same as without a policy
    where = PLACE_BY_DECISION[decision]
    if (approvers or not asker) and where == "any":
        where = "outside"  # a form does not identify the person
    return ApprovalRequirement(
        where=where,
        people=2 if four else 1,
        asker=asker,
        approvers=approvers,
        same=rules.identities if four or approvers or not asker or decision == "signed" else (),
        rules=(rule.name,) if rule is not None else ("otherwise",),
        minutes=minutes,
    )


# --- one rule --------------------------------------------------------------------------------------------


def _match_rule(rule: Rule, case: PolicyCase) -> RuleMatch:
    against, doubtful = [], []
    for name, holds in _check_conditions(rule, case):
        if holds is None:
            doubtful.append(name)
        elif not holds:
            against.append(name)
    held = tuple(_list_blockers(rule, case)) if rule.is_unattended and not against else ()
    return RuleMatch(rule, tuple(against), tuple(doubtful), held)


def _check_conditions(rule: Rule, case: PolicyCase) -> Iterator[tuple[str, bool | None]]:
    """Yield each condition of the rule with True, False, or None if unknown."""
    if rule.who is not None:
        yield "who", any(fnmatchcase(case.principal, one) for one in rule.who)
    if rule.through is not None:
        yield "through", case.face in rule.through
    if rule.operations is not None:
        yield (
            "operations",
            any(
                fnmatchcase(name, one)
                for name in catalogue().list_names(case.operation)
                for one in rule.operations
            ),
        )
    if rule.effects is not None:
        # Deleting a client also changes the catalogue, so rules on the catalogue apply to it.
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
            yield name, _is_within_limit(name, limit, case.amount)
    yield from _check_time(rule, case.at)


def _check_time(rule: Rule, at: datetime) -> Iterator[tuple[str, bool]]:
    """Yield each condition of the rule about the time."""
    if rule.weekdays is not None:
        yield "weekdays", DAYS[at.weekday()] in rule.weekdays
    if rule.hours is not None:
        yield "hours", rule.hours[0] <= at.hour * 60 + at.minute < rule.hours[1]
    if rule.first_day is not None:
        yield "first_day", rule.first_day <= at.date()
    if rule.last_day is not None:
        yield "last_day", at.date() <= rule.last_day


def _is_within_limit(name: str, limit: Any, amount: Any) -> bool | None:
    if amount is UNKNOWN:
        return None
    if amount is None:
        return False
    return bool(amount > limit if name == "above" else amount <= limit)


def _list_blockers(rule: Rule, case: PolicyCase) -> Iterator[str]:
    """Yield reasons to ask a person although all conditions of an unattended rule hold."""
    if case.effect is Effect.ADMIN or not case.effect.needs_approval:
        yield "effect"
    if case.differs:
        yield "differences"
    if case.warnings and not rule.with_warnings:
        yield "warnings"
    if case.effect is Effect.OUTBOUND:
        if case.keeps_recipient:
            yield "save"
        if not case.recipients or not all(_is_allowed_recipient(rule, case, one) for one in case.recipients):
            yield "recipients"


def _is_allowed_recipient(rule: Rule, case: PolicyCase, address: str) -> bool:
    address, own = address.casefold(), case.client_email.casefold()
    return any(
        (bool(own) and address == own) if one == CLIENT else fnmatchcase(address, one.casefold())
        for one in rule.recipients or ()
    )
