"""Describe a policy and its decision about a call in Portuguese and English."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ix_tools.approvals.budgets import RemainingAllowance
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.i18n import formats
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, render
from ix_tools.interfaces.cli.value_names import format_kind
from ix_tools.policy.context import UNKNOWN, PolicyCase
from ix_tools.policy.evaluation import PolicyEvaluation, RuleMatch
from ix_tools.policy.rules import Rule, Rules
from ix_tools.text.sanitize import sanitize_line

DECISIONS = {
    "deny": message("denied"),
    "four-eyes": message("two different people approve"),
    "signed": message("a person signs with a passkey"),
    "terminal": message("a person approves in a terminal"),
    "page": message("a person approves on the page"),
    "form": message("a person approves in the form"),
    "person": message("a person approves"),
    "unattended": message("goes out without a person"),
    "none": message("nobody is asked: it can be undone"),
}
CONDITIONS = {
    "who": message("who asks"),
    "through": message("through"),
    "operations": message("operation"),
    "effects": message("effect"),
    "states": message("new state"),
    "document_types": message("document type"),
    "series": message("series"),
    "above": message("above"),
    "up_to": message("up to"),
    "weekdays": message("day of the week"),
    "hours": message("hour in Lisbon"),
    "first_day": message("from"),
    "last_day": message("until"),
    "approvers": message("only approved by"),
    "asker_may_approve": message("whoever asked may approve"),
    "daily": message("a day, at most"),
    "daily_calls": message("calls a day"),
    "with_warnings": message("even with warnings"),
    "recipients": message("recipient"),
    "differences": message("the document differs from what was asked"),
    "warnings": message("there are warnings"),
    "save": message("would change the client's address"),
    "effect": message("never without a person"),
}
OTHERWISE = message("Where no rule applies")
STRICTEST = message("Every rule that applies counts; the strictest wins.")
SAME = message("is the same person as")
DECIDED = message("Decision")
BECAUSE = message("by the rule")
APPLIES = message("applies")
MIGHT = message("may apply, and so it counts; not known")
MIGHT_NOT = message("does not apply, because it is not known")
NOT = message("does not apply")
HELD = message("does not let it out without a person")
LEFT = message("Left today")
CALLS = message("calls")
NOT_ENOUGH = message("not enough: a person approves")
PEOPLE = message("whoever asked does not approve")


def describe_rules(rules: Rules, language: Language) -> Iterator[str]:
    """Describe the whole policy."""
    yield render(STRICTEST, language)
    for rule in rules.rules:
        yield f"  {rule.name}: {render(DECISIONS[rule.decision], language)}"
        for name, value in _list_conditions(rule, language):
            yield f"    {render(CONDITIONS[name], language)}: {value}"
    yield f"{render(OTHERWISE, language)}: {render(DECISIONS[rules.otherwise], language)}"
    for one, who in rules.identities:
        yield f"  {sanitize_line(one)} {render(SAME, language)} {sanitize_line(who)}"


def _list_conditions(rule: Rule, language: Language) -> Iterator[tuple[str, str]]:
    for name in CONDITIONS:
        value = getattr(rule, name, None)
        if value not in (None, False, ()):
            yield name, _format_condition(name, value, language)


def _format_condition(name: str, value: Any, language: Language) -> str:
    if name == "hours":
        return "–".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in value)
    if isinstance(value, Decimal):
        return formats.format_money(value, language)
    if isinstance(value, date):
        return formats.format_date(value, language)
    if isinstance(value, tuple):
        return ", ".join(
            format_kind(one, language) if name == "document_types" else sanitize_line(str(one))
            for one in value
        )
    return str(value) if not isinstance(value, bool) else {"pt": "sim", "en": "yes"}[language]


def describe_ruling(
    case: PolicyCase, found: PolicyEvaluation, left: Sequence[RemainingAllowance], language: Language
) -> Iterator[str]:
    """Describe the decision, and how each rule contributes to it."""
    by = f", {render(BECAUSE, language)} {', '.join(found.deciding_rules)}" if found.deciding_rules else ""
    yield f"{render(DECIDED, language)}: {render(DECISIONS[found.decision], language)}{by}"
    if found.ruling.refusal:
        yield f"  {render(found.ruling.refusal, language)}"
    yield from _describe_requirement(found.ruling.requirement, language)
    for one in left:
        calls = "" if one.calls is None else f", {one.calls} {render(CALLS, language)}"
        amount = found.ruling.auto_approval.amount if found.ruling.auto_approval else Decimal(0)
        short = "" if one.has_room_for(amount) else f" ({render(NOT_ENOUGH, language)})"
        yield f"  {render(LEFT, language)}, {one.rule}: {formats.format_money(one.euros, language)}{calls}{short}"
    for looked in found.matches:
        yield f"  {looked.rule.name}: {_describe_rule(looked, language)}"


def _describe_requirement(terms: ApprovalRequirement, language: Language) -> Iterator[str]:
    if not terms.asker:
        yield f"  {render(PEOPLE, language)}"
    if terms.approvers:
        yield f"  {render(CONDITIONS['approvers'], language)}: {', '.join(map(sanitize_line, terms.approvers))}"


def _describe_rule(looked: RuleMatch, language: Language) -> str:
    word, because = _find_reason(looked)
    names = ", ".join(render(CONDITIONS[name], language) for name in because)
    return f"{render(word, language)}{f': {names}' if names else ''}"


def _find_reason(looked: RuleMatch) -> tuple[Message, Sequence[str]]:
    if looked.failed_conditions:
        return NOT, looked.failed_conditions
    if looked.blockers:
        return HELD, looked.blockers
    if looked.unknown_conditions:
        return (MIGHT if looked.applies else MIGHT_NOT), looked.unknown_conditions
    return APPLIES, ()


def as_dict(case: PolicyCase, found: PolicyEvaluation, left: Sequence[RemainingAllowance]) -> dict[str, Any]:
    """Return the decision as data."""
    terms = found.ruling.requirement
    unattended = found.ruling.auto_approval
    return {
        "decision": found.decision,
        "rules": list(found.deciding_rules),
        **({"refusal": str(found.ruling.refusal)} if found.ruling.refusal else {}),
        "call": {
            "principal": case.principal,
            "face": case.face,
            "operation": case.operation,
            "at": case.at.isoformat(),
            **{
                name: "unknown" if value is UNKNOWN else str(value)
                for name in ("state", "document_type", "series", "amount")
                if (value := getattr(case, name)) is not None
            },
            "warnings": list(case.warnings),
        },
        "person": {
            "where": terms.where,
            "people": terms.people,
            "asker_may_approve": terms.asker,
            **({"approvers": list(terms.approvers)} if terms.approvers else {}),
        },
        "left_today": [
            {
                "rule": one.rule,
                "euros": str(one.euros),
                **({} if one.calls is None else {"calls": one.calls}),
                "enough": one.has_room_for(unattended.amount) if unattended else False,
            }
            for one in left
        ],
        "looked_at": [
            {
                "rule": one.rule.name,
                "applies": one.applies,
                **{
                    name: list(reasons)
                    for name, reasons in (
                        ("does_not_hold", one.failed_conditions),
                        ("not_known", one.unknown_conditions),
                        ("held_back_by", one.blockers),
                    )
                    if reasons
                },
            }
            for one in found.matches
        ],
    }
