"""Describe a policy and its decision about a call in Portuguese and English."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ix_tools.approvals.budgets import RemainingAllowance
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.i18n import formats
from ix_tools.i18n.labels import Bilingual, Language
from ix_tools.interfaces.cli.labels import format_kind
from ix_tools.policy.context import UNKNOWN, PolicyCase
from ix_tools.policy.evaluation import PolicyEvaluation, RuleMatch
from ix_tools.policy.rules import Rule, Rules
from ix_tools.text.sanitize import sanitize_line

DECISIONS = {
    "deny": Bilingual("recusado", "denied"),
    "four-eyes": Bilingual("aprovam duas pessoas diferentes", "two different people approve"),
    "terminal": Bilingual("uma pessoa aprova num terminal", "a person approves in a terminal"),
    "page": Bilingual("uma pessoa aprova na página", "a person approves on the page"),
    "form": Bilingual("uma pessoa aprova no formulário", "a person approves in the form"),
    "person": Bilingual("uma pessoa aprova", "a person approves"),
    "unattended": Bilingual("sai sem ninguém aprovar", "goes out without a person"),
    "none": Bilingual("ninguém é perguntado: pode desfazer-se", "nobody is asked: it can be undone"),
}
CONDITIONS = {
    "who": Bilingual("quem pede", "who asks"),
    "through": Bilingual("por onde", "through"),
    "operations": Bilingual("operação", "operation"),
    "effects": Bilingual("efeito", "effect"),
    "states": Bilingual("novo estado", "new state"),
    "document_types": Bilingual("tipo de documento", "document type"),
    "series": Bilingual("série", "series"),
    "above": Bilingual("acima de", "above"),
    "up_to": Bilingual("até", "up to"),
    "weekdays": Bilingual("dia da semana", "day of the week"),
    "hours": Bilingual("hora em Lisboa", "hour in Lisbon"),
    "first_day": Bilingual("desde", "from"),
    "last_day": Bilingual("até ao dia", "until"),
    "approvers": Bilingual("só aprova", "only approved by"),
    "asker_may_approve": Bilingual("quem pede pode aprovar", "whoever asked may approve"),
    "daily": Bilingual("por dia, no máximo", "a day, at most"),
    "daily_calls": Bilingual("chamadas por dia", "calls a day"),
    "with_warnings": Bilingual("mesmo com avisos", "even with warnings"),
    "recipients": Bilingual("destinatário", "recipient"),
    "differences": Bilingual("o documento difere do pedido", "the document differs from what was asked"),
    "warnings": Bilingual("há avisos", "there are warnings"),
    "save": Bilingual("mudaria o e-mail do cliente", "would change the client's address"),
    "effect": Bilingual("nunca sem uma pessoa", "never without a person"),
}
OTHERWISE = Bilingual("Onde nenhuma regra se aplica", "Where no rule applies")
STRICTEST = Bilingual(
    "Contam todas as regras que se aplicam; vale a mais exigente.",
    "Every rule that applies counts; the strictest wins.",
)
SAME = Bilingual("é a mesma pessoa que", "is the same person as")
DECIDED = Bilingual("Decisão", "Decision")
BECAUSE = Bilingual("pela regra", "by the rule")
APPLIES = Bilingual("aplica-se", "applies")
MIGHT = Bilingual("pode aplicar-se, e por isso conta; não se sabe", "may apply, and so it counts; not known")
MIGHT_NOT = Bilingual("não se aplica, porque não se sabe", "does not apply, because it is not known")
NOT = Bilingual("não se aplica", "does not apply")
HELD = Bilingual("não deixa sair sem uma pessoa", "does not let it out without a person")
LEFT = Bilingual("Resta hoje", "Left today")
CALLS = Bilingual("chamadas", "calls")
NOT_ENOUGH = Bilingual("não chega: uma pessoa aprova", "not enough: a person approves")
PEOPLE = Bilingual("quem pediu não aprova", "whoever asked does not approve")


def describe_rules(rules: Rules, language: Language) -> Iterator[str]:
    """Describe the whole policy."""
    yield STRICTEST.text(language)
    for rule in rules.rules:
        yield f"  {rule.name}: {DECISIONS[rule.decision].text(language)}"
        for name, value in _list_conditions(rule, language):
            yield f"    {CONDITIONS[name].text(language)}: {value}"
    yield f"{OTHERWISE.text(language)}: {DECISIONS[rules.otherwise].text(language)}"
    for one, who in rules.identities:
        yield f"  {sanitize_line(one)} {SAME.text(language)} {sanitize_line(who)}"


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
    by = f", {BECAUSE.text(language)} {', '.join(found.deciding_rules)}" if found.deciding_rules else ""
    yield f"{DECIDED.text(language)}: {DECISIONS[found.decision].text(language)}{by}"
    if found.ruling.refusal:
        yield f"  {found.ruling.refusal}"
    yield from _describe_requirement(found.ruling.requirement, language)
    for one in left:
        calls = "" if one.calls is None else f", {one.calls} {CALLS.text(language)}"
        amount = found.ruling.auto_approval.amount if found.ruling.auto_approval else Decimal(0)
        short = "" if one.has_room_for(amount) else f" ({NOT_ENOUGH.text(language)})"
        yield f"  {LEFT.text(language)}, {one.rule}: {formats.format_money(one.euros, language)}{calls}{short}"
    for looked in found.matches:
        yield f"  {looked.rule.name}: {_describe_rule(looked, language)}"


def _describe_requirement(terms: ApprovalRequirement, language: Language) -> Iterator[str]:
    if not terms.asker:
        yield f"  {PEOPLE.text(language)}"
    if terms.approvers:
        yield f"  {CONDITIONS['approvers'].text(language)}: {', '.join(map(sanitize_line, terms.approvers))}"


def _describe_rule(looked: RuleMatch, language: Language) -> str:
    word, because = _find_reason(looked)
    names = ", ".join(CONDITIONS[name].text(language) for name in because)
    return f"{word.text(language)}{f': {names}' if names else ''}"


def _find_reason(looked: RuleMatch) -> tuple[Bilingual, Sequence[str]]:
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
        **({"refusal": found.ruling.refusal} if found.ruling.refusal else {}),
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
