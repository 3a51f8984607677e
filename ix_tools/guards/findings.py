"""Findings of rules (refuse, ask, warn), and the refusal that combines them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ix_tools.errors import Problem, Refused
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """Finding of a rule. It never changes the call."""

    kind: Literal["refuse", "accept", "warn"]
    problem: Problem
    next: str = ""
    accept: str = ""
    """Code that the caller gives in `accept` to go on knowingly."""
    candidates: tuple[Mapping[str, Any], ...] = ()
    """Records that may be meant, with ids, to choose from."""


def refuse(field: str, problem: Text, allowed: Text = "", next: str = "") -> Finding:
    """Refuse the call; nothing is sent."""
    return Finding("refuse", Problem(field, problem, allowed), next)


def ask(word: str, field: str, problem: Text, allowed: Text = "") -> Finding:
    """Ask the caller; nothing is sent until `accept` holds the code. When a document is finalized it warns the approver."""
    return Finding(
        "accept", Problem(field, problem, allowed), f"repeat the call with accept: [{word!r}]", word
    )


def warn(field: str, problem: Text) -> Finding:
    """Warn the caller and the approver; the call is sent."""
    return Finding("warn", Problem(field, problem))


Guard = Callable[[Any, Facts], Iterable[Finding]]
"""Rule: a pure function, named after the condition it enforces, that declares its facts with `@wants`."""


def combine_findings(findings: Sequence[Finding]) -> Refused:
    """Return one error for all findings that refuse or ask, with the candidates of ambiguous names."""
    refusals = [one for one in findings if one.kind == "refuse"]
    questions = [one for one in findings if one.kind == "accept"]
    candidates = [one for finding in refusals for one in finding.candidates]
    steps = dict.fromkeys(one.next for one in refusals if one.next)
    return Refused(
        summarize_findings(refusals),
        code="ambiguous" if candidates else "refused",
        problems=[one.problem for one in (*refusals, *questions)],
        next="; ".join(steps) or "correct the fields named and call again",
        details={"candidates": candidates} if candidates else {},
    )


def summarize_findings(findings: Sequence[Finding]) -> str:
    """Return the first problem, and the number of others."""
    first = findings[0].problem
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"Refused: {first.field}: {str(first.problem).rstrip('.')}{more}."
