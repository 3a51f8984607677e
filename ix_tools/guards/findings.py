"""Findings of rules (refuse, ask, warn), and the refusal that combines them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ix_tools.errors import Problem, Refused
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import NO_MESSAGE, Message, join_messages, message


@dataclass(frozen=True, slots=True)
class Finding:
    """Finding of a rule. It never changes the call."""

    kind: Literal["refuse", "accept", "warn"]
    problem: Problem
    next: Message = NO_MESSAGE
    accept: str = ""
    """Code that the caller gives in `accept` to go on knowingly."""
    candidates: tuple[Mapping[str, Any], ...] = ()
    """Records that may be meant, with ids, to choose from."""

    def about(self, written: Mapping[str, str]) -> "Finding":
        """Return the finding about the field that the caller wrote, where a rule reads another one in its place."""
        field = written.get(self.problem.field)
        return self if field is None else replace(self, problem=replace(self.problem, field=field))


def refuse(
    field: str, problem: Message, allowed: Message = NO_MESSAGE, next: Message = NO_MESSAGE
) -> Finding:
    """Refuse the call; nothing is sent."""
    return Finding("refuse", Problem(field, problem, allowed), next)


def ask(word: str, field: str, problem: Message, allowed: Message = NO_MESSAGE) -> Finding:
    """Ask the caller; nothing is sent until `accept` holds the code. When a document is finalized it warns the approver."""
    return Finding(
        "accept",
        Problem(field, problem, allowed),
        message("repeat the call with accept: ['{word}']", word=word),
        word,
    )


def warn(field: str, problem: Message) -> Finding:
    """Warn the caller and the approver; the call is sent."""
    return Finding("warn", Problem(field, problem))


def turn_into_warning(finding: Finding) -> Finding:
    """Return a question or refusal as a warning for the approver, who decides."""
    return replace(finding, kind="warn", accept="", next=NO_MESSAGE)


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
        next=join_messages(steps) if steps else message("correct the fields named and call again"),
        details={"candidates": candidates} if candidates else {},
    )


def summarize_findings(findings: Sequence[Finding]) -> Message:
    """Return the first problem, and the number of others."""
    first, more = findings[0].problem, len(findings) - 1
    if more:
        return message(
            "Refused: {field}: {problem} (and {more} more).",
            field=first.field,
            problem=first.problem,
            more=more,
        )
    return message("Refused: {field}: {problem}.", field=first.field, problem=first.problem)
