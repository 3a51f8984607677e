"""Judge a call by the rules of its operation, from facts that the test gives, without a server."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ix_tools.domain.records import Client, Tax
from ix_tools.domain.today import pin_today
from ix_tools.errors import IxError, Problem
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.i18n.formats import LISBON
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.arguments import parse, read_arguments
from tests.refusal_sizes import list_long_problems

NOW = datetime(2026, 11, 20, 10, tzinfo=LISBON)
ACCOUNT: dict[str, Any] = {
    "now": NOW,
    "taxes": (
        Tax(id=31554, name="IVA23", value=Decimal(23), default_tax=True),
        Tax(id=31556, name="IVA6", value=Decimal(6)),
        Tax(id=31557, name="Isento", value=Decimal(0)),
    ),
    "client_by_code": Client(
        id=501, name="ACME, Lda", code="ACME", country="Portugal", fiscal_id="508112230"
    ),
}
"""What the rules are told of the account where a test says nothing else."""


def judge(name: str, arguments: Mapping[str, Any], **facts: Any) -> dict[str, str]:
    """Return the problems by field for which the call is refused, or asked about; empty if it may go on."""
    try:
        problems = [one.problem for one in find(name, arguments, **facts) if one.kind != "warn"]
    except IxError as refused:
        problems = list(refused.problems)
    assert list_long_problems(problems) == []
    return _describe(problems)


def warn(name: str, arguments: Mapping[str, Any], **facts: Any) -> dict[str, str]:
    """Return the warnings by field of a call that may go on."""
    findings = find(name, arguments, **facts)
    assert {one.kind for one in findings} <= {"warn"}, findings
    return _describe(one.problem for one in findings)


def find(name: str, arguments: Mapping[str, Any], **facts: Any) -> list[Finding]:
    """Return what the rules of an operation say of a call.

    Raises:
        IxError: The arguments make no call.
    """
    known = Facts(**{**ACCOUNT, **facts})
    with pin_today(known.now.date()):
        call: Operation[Any] = parse(name, read_arguments(catalogue()[name], dict(arguments)))
        whole = call.fill_defaults(known)
        return [one for rule in whole.spec.guards for one in rule(whole, known)]


def _describe(problems: Iterable[Problem]) -> dict[str, str]:
    found = defaultdict(list)
    for one in problems:
        text = one.as_dict()
        found[text["field"]].append(f"{text['problem']} | {text.get('allowed', '')}")
    return {field: " || ".join(texts) for field, texts in found.items()}
