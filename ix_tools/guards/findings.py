"""Findings of the rules: refuse, ask or warn; and the refusal made of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ix_tools.errors import Problem, Refused
from ix_tools.guards.facts import Facts


@dataclass(frozen=True, slots=True)
class Finding:
    """What a guard has to say. It never changes the call."""

    kind: Literal["refuse", "accept", "warn"]
    problem: Problem
    next: str = ""
    accept: str = ""
    """The word that the caller puts into `accept` to have it nevertheless."""
    candidates: tuple[Mapping[str, Any], ...] = ()
    """What may have been meant, with ids, to choose from."""
    pt: str = ""
    """The problem in Portuguese, for whoever approves in it."""


def refuse(field: str, problem: str, allowed: str = "", next: str = "") -> Finding:
    """It is wrong; nothing will be sent."""
    return Finding("refuse", Problem(field, problem, allowed), next)


def ask(word: str, field: str, problem: str, allowed: str = "") -> Finding:
    """It may be meant; nothing will be sent until the caller says so with `accept`."""
    return Finding(
        "accept", Problem(field, problem, allowed), f"repeat the call with accept: [{word!r}]", word
    )


def warn(field: str, problem: str, pt: str = "") -> Finding:
    """It will be sent, and the caller should know this; with the same in Portuguese for whoever approves."""
    return Finding("warn", Problem(field, problem), pt=pt)


Guard = Callable[[Any, Facts], Iterable[Finding]]
"""A rule: pure, named after what it keeps true, saying which facts it wants with `@wants`."""


def combine_findings(findings: Sequence[Finding]) -> Refused:
    """All that is wrong with a call, as one error; with candidates, where a name may mean several things."""
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
    """The first thing that is wrong, and how many more there are."""
    first = findings[0].problem
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"Refused: {first.field}: {first.problem.rstrip('.')}{more}."
