"""Outcomes of a call: it was carried out, or a person must approve it first. A failure is an IxError instead."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ix_tools.approvals.models import Approval
from ix_tools.errors import Problem
from ix_tools.guards.findings import Finding
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message


@dataclass(frozen=True, slots=True)
class Completed:
    """The call was carried out, or its earlier result is returned."""

    body: dict[str, Any]
    """The result as JSON."""
    warnings: tuple[Finding, ...] = ()
    """The warnings of this call as messages, for a workflow that shows them to another reader; none in a replay."""


@dataclass(frozen=True, slots=True)
class ApprovalRequired:
    """A person must approve the call first. Nothing irreversible was sent."""

    approval: Approval
    body: dict[str, Any]
    """The response as JSON: what the person is asked, where it is approved, and what to call afterwards."""
    is_asked_by_interface: bool = False
    """The interface of the call asks the person, in its form or by opening the page, and executes the call again with the
    reply. Otherwise the person decides elsewhere, as `body` says."""
    is_page_open: bool = False
    """The person has the page before them, in this machine's browser: an interface can wait a while and execute the call again."""


Outcome = Completed | ApprovalRequired


def add_notices(outcome: Outcome, notices: Iterable[Message], language: Language) -> Outcome:
    """Return an outcome whose warnings also tell which old names the call used."""
    told = [Problem("", notice).as_dict(language) for notice in notices]
    if not told:
        return outcome
    return replace(outcome, body={**outcome.body, "warnings": [*outcome.body.get("warnings", []), *told]})
