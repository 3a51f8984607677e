"""A policy, and what it makes of a call, in Portuguese and English."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ix_tools.approvals.budgets import Left
from ix_tools.approvals.requirements import Terms
from ix_tools.i18n import formats
from ix_tools.i18n.words import Language, Said
from ix_tools.interfaces.cli.labels import kind
from ix_tools.policy.context import UNKNOWN, Case
from ix_tools.policy.evaluation import Explained, Looked
from ix_tools.policy.rules import Rule, Rules
from ix_tools.text.sanitize import visible

DECISIONS = {
    "deny": Said("recusado", "denied"),
    "four-eyes": Said("aprovam duas pessoas diferentes", "two different people approve"),
    "terminal": Said("uma pessoa aprova num terminal", "a person approves in a terminal"),
    "page": Said("uma pessoa aprova na página", "a person approves on the page"),
    "form": Said("uma pessoa aprova no formulário", "a person approves in the form"),
    "person": Said("uma pessoa aprova", "a person approves"),
    "unattended": Said("sai sem ninguém aprovar", "goes out without a person"),
    "none": Said("ninguém é perguntado: pode desfazer-se", "nobody is asked: it can be undone"),
}
CONDITIONS = {
    "who": Said("quem pede", "who asks"),
    "through": Said("por onde", "through"),
    "operations": Said("operação", "operation"),
    "effects": Said("efeito", "effect"),
    "states": Said("novo estado", "new state"),
    "document_types": Said("tipo de documento", "document type"),
    "series": Said("série", "series"),
    "above": Said("acima de", "above"),
    "up_to": Said("até", "up to"),
    "weekdays": Said("dia da semana", "day of the week"),
    "hours": Said("hora em Lisboa", "hour in Lisbon"),
    "first_day": Said("desde", "from"),
    "last_day": Said("até ao dia", "until"),
    "approvers": Said("só aprova", "only approved by"),
    "asker_may_approve": Said("quem pede pode aprovar", "whoever asked may approve"),
    "daily": Said("por dia, no máximo", "a day, at most"),
    "daily_calls": Said("chamadas por dia", "calls a day"),
    "with_warnings": Said("mesmo com avisos", "even with warnings"),
    "recipients": Said("destinatário", "recipient"),
    "differences": Said("o documento difere do pedido", "the document differs from what was asked"),
    "warnings": Said("há avisos", "there are warnings"),
    "save": Said("mudaria o e-mail do cliente", "would change the client's address"),
    "effect": Said("nunca sem uma pessoa", "never without a person"),
}
OTHERWISE = Said("Onde nenhuma regra se aplica", "Where no rule applies")
STRICTEST = Said(
    "Contam todas as regras que se aplicam; vale a mais exigente.",
    "Every rule that applies counts; the strictest wins.",
)
SAME = Said("é a mesma pessoa que", "is the same person as")
DECIDED = Said("Decisão", "Decision")
BECAUSE = Said("pela regra", "by the rule")
APPLIES = Said("aplica-se", "applies")
MIGHT = Said("pode aplicar-se, e por isso conta; não se sabe", "may apply, and so it counts; not known")
MIGHT_NOT = Said("não se aplica, porque não se sabe", "does not apply, because it is not known")
NOT = Said("não se aplica", "does not apply")
HELD = Said("não deixa sair sem uma pessoa", "does not let it out without a person")
LEFT = Said("Resta hoje", "Left today")
CALLS = Said("chamadas", "calls")
NOT_ENOUGH = Said("não chega: uma pessoa aprova", "not enough: a person approves")
PEOPLE = Said("quem pediu não aprova", "whoever asked does not approve")


def in_words(rules: Rules, language: Language) -> Iterator[str]:
    """The whole policy."""
    yield STRICTEST.in_(language)
    for rule in rules.rules:
        yield f"  {rule.name}: {DECISIONS[rule.decision].in_(language)}"
        for name, value in _said(rule, language):
            yield f"    {CONDITIONS[name].in_(language)}: {value}"
    yield f"{OTHERWISE.in_(language)}: {DECISIONS[rules.otherwise].in_(language)}"
    for one, who in rules.same:
        yield f"  {visible(one)} {SAME.in_(language)} {visible(who)}"


def _said(rule: Rule, language: Language) -> Iterator[tuple[str, str]]:
    for name in CONDITIONS:
        value = getattr(rule, name, None)
        if value not in (None, False, ()):
            yield name, _shown(name, value, language)


def _shown(name: str, value: Any, language: Language) -> str:
    if name == "hours":
        return "–".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in value)
    if isinstance(value, Decimal):
        return formats.money(value, language)
    if isinstance(value, date):
        return formats.day(value, language)
    if isinstance(value, tuple):
        return ", ".join(
            kind(one, language) if name == "document_types" else visible(str(one)) for one in value
        )
    return str(value) if not isinstance(value, bool) else {"pt": "sim", "en": "yes"}[language]


def told(case: Case, found: Explained, left: Sequence[Left], language: Language) -> Iterator[str]:
    """What was decided, and how each rule stands to it."""
    by = f", {BECAUSE.in_(language)} {', '.join(found.winners)}" if found.winners else ""
    yield f"{DECIDED.in_(language)}: {DECISIONS[found.decision].in_(language)}{by}"
    if found.ruling.refusal:
        yield f"  {found.ruling.refusal}"
    yield from _terms(found.ruling.terms, language)
    for one in left:
        calls = "" if one.calls is None else f", {one.calls} {CALLS.in_(language)}"
        amount = found.ruling.unattended.amount if found.ruling.unattended else Decimal(0)
        short = "" if one.enough(amount) else f" ({NOT_ENOUGH.in_(language)})"
        yield f"  {LEFT.in_(language)}, {one.rule}: {formats.money(one.euros, language)}{calls}{short}"
    for looked in found.looked:
        yield f"  {looked.rule.name}: {_stands(looked, language)}"


def _terms(terms: Terms, language: Language) -> Iterator[str]:
    if not terms.asker:
        yield f"  {PEOPLE.in_(language)}"
    if terms.approvers:
        yield f"  {CONDITIONS['approvers'].in_(language)}: {', '.join(map(visible, terms.approvers))}"


def _stands(looked: Looked, language: Language) -> str:
    word, because = _word(looked)
    names = ", ".join(CONDITIONS[name].in_(language) for name in because)
    return f"{word.in_(language)}{f': {names}' if names else ''}"


def _word(looked: Looked) -> tuple[Said, Sequence[str]]:
    if looked.against:
        return NOT, looked.against
    if looked.held:
        return HELD, looked.held
    if looked.doubtful:
        return (MIGHT if looked.applies else MIGHT_NOT), looked.doubtful
    return APPLIES, ()


def as_dict(case: Case, found: Explained, left: Sequence[Left]) -> dict[str, Any]:
    """The same for a program."""
    terms = found.ruling.terms
    unattended = found.ruling.unattended
    return {
        "decision": found.decision,
        "rules": list(found.winners),
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
                "enough": one.enough(unattended.amount) if unattended else False,
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
                        ("does_not_hold", one.against),
                        ("not_known", one.doubtful),
                        ("held_back_by", one.held),
                    )
                    if reasons
                },
            }
            for one in found.looked
        ],
    }
