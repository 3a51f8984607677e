"""What the rules found wrong with a call, as one error."""

from collections.abc import Sequence

from ix_tools.errors import Refused
from ix_tools.operation import Finding


def refusal(findings: Sequence[Finding]) -> Refused:
    """All that is wrong with a call, as one error; with candidates, where a name may mean several things."""
    refusals = [one for one in findings if one.kind == "refuse"]
    questions = [one for one in findings if one.kind == "accept"]
    candidates = [one for finding in refusals for one in finding.candidates]
    steps = dict.fromkeys(one.next for one in refusals if one.next)
    return Refused(
        summary(refusals),
        code="ambiguous" if candidates else "refused",
        problems=[one.problem for one in (*refusals, *questions)],
        next="; ".join(steps) or "correct the fields named and call again",
        details={"candidates": candidates} if candidates else {},
    )


def summary(findings: Sequence[Finding]) -> str:
    """The first thing that is wrong, and how many more there are."""
    first = findings[0].problem
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"Refused: {first.field}: {first.problem.rstrip('.')}{more}."
