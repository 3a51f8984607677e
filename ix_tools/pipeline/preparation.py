"""Everything before a write is sent: what is known, what the rules say, the claims, and the approval that is used up.

    look up ─▶ rules ─▶ policy ─▶ may anything let it out? ─▶ no: ask a person, holding nothing
       ▲                              │ yes
       │                              ▼
       └── waited, or somebody wrote ─ acquire claims ─▶ use the approval up

Whoever waited for claims starts again at the look-ups, and holds the claims while looking.
"""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio

from ix_tools.approvals.repository import Asker, Binding, Reply
from ix_tools.approvals.returns import give_back, mark_stale, may_be_waiting
from ix_tools.errors import IxError, NotAccepted, StoreUnavailable
from ix_tools.guards.facts import Facts, Want, wanted_by
from ix_tools.guards.findings import Finding, Guard, refusal, summary
from ix_tools.idempotency.intents import Intent
from ix_tools.operations.base import Covering, Operation
from ix_tools.pipeline import idempotent_write, name_resolver, policy_check
from ix_tools.pipeline.approval_gate import approved, ask, may_pass
from ix_tools.pipeline.approval_request import Question
from ix_tools.pipeline.call_identity import Caller
from ix_tools.pipeline.claim_scope import claims_of
from ix_tools.pipeline.claiming import Claiming
from ix_tools.pipeline.context import Desk
from ix_tools.pipeline.fact_loader import LookUps, Remembered
from ix_tools.pipeline.unsettled import find_unsettled, warn_of_unsettled

MANY_LINES = 200
"""Lines from which a document is read and judged in a thread of its own."""


@dataclass(frozen=True)
class Prepared:
    """A call that may be sent now."""

    call: Operation[Any]
    """Completed: names became ids, and an update the whole document."""
    facts: Facts
    warnings: tuple[Finding, ...]
    given: frozenset[str]
    """The fields that the caller named."""
    looking: LookUps
    approval: str = ""
    """The id of the approval that was used up; empty where none is needed."""
    covers: tuple[Binding, ...] = field(default=())
    """The further calls that the same approval is good for."""


async def prepare(
    desk: Desk,
    asked: Operation[Any],
    caller: Caller,
    held: Intent | None,
    asker: Asker,
    reply: Reply | None,
    covering: Covering | None,
    claims: Claiming,
) -> Prepared | dict[str, Any]:
    """The call ready to be sent; or what its caller is told instead: that a person is asked, or the result of an equal call."""
    gated = asked.spec.effect.gated
    # A name may mean another thing by now: only what is about a document by its id goes on from what was read.
    by_id = gated and asked.about() is not None and not name_resolver.wanted(asked)
    answered = by_id and (reply is not None or await _may_be_approved(desk, caller))
    remembered = desk.recall(caller.contents[0]) if answered else None
    waited = False
    while True:
        looked_at = await claims.now()
        looking = LookUps(
            desk.account, desk.settings.catalogue_pages, desk.approvals, desk.journal, remembered
        )
        call, facts, warnings, given = await load_facts(looking, asked, desk, held)
        before = await idempotent_write.done_before(desk, caller) if gated else None
        tries = await find_unsettled(desk, call, caller, facts, held)
        warnings += (*idempotent_write.said_of(before), *warn_of_unsettled(tries, caller))
        ruling = await policy_check.ruled(desk, call, facts, caller.face, warnings)
        question = None
        if gated:
            done = " ".join(one.id for one in (*([before] if before else []), *tries))
            question = Question(desk, call, facts, warnings, asker, ruling, covering, done)
            if not await may_pass(question, reply):
                if remembered is not None:  # what a person is shown is read anew
                    remembered = None
                    continue
                if by_id:
                    desk.remember(caller.contents[0], Remembered(facts.taxes, facts.sequences))
                return await ask(question)
        if await claims.acquire(claims_of(call, facts), looked_at, held):
            break
        if not waited:
            waited = True
            result = (
                await idempotent_write.carried_out_meanwhile(desk, asked, caller) if held is None else None
            )
            if result is not None:
                return result
    if question is None:
        return Prepared(call, facts, warnings, given, looking)
    passed = await approved(question, reply)
    if isinstance(passed, dict):
        return passed
    return Prepared(call, facts, warnings, given, looking, passed, question.covers)


async def _may_be_approved(desk: Desk, caller: Caller) -> bool:
    return await anyio.to_thread.run_sync(
        may_be_waiting, desk.approvals.store, caller.principal, caller.account, caller.operation
    )


async def return_approval(desk: Desk, prepared: Prepared, failure: IxError, *, nothing_left: bool) -> None:
    """Give an approval back that nothing was sent for; one of a document that changed is good for nothing any more."""
    if not prepared.approval or not nothing_left:
        return
    settle = mark_stale if failure.code == "document_changed" else give_back
    try:
        await anyio.to_thread.run_sync(settle, desk.approvals.store, prepared.approval, prepared.covers)
    except StoreUnavailable:
        return  # it stays used up, and the person is asked again


async def load_facts(
    looking: LookUps, call: Operation[Any], desk: Desk, held: Intent | None
) -> tuple[Operation[Any], Facts, tuple[Finding, ...], frozenset[str]]:
    """The call completed, what is known of the account, what the rules warn of, and the fields that the caller named."""
    spec = call.spec
    wanted = spec.needs.union(*(wanted_by(guard) for guard in spec.guards))
    facts = await looking.first(call, wanted | name_resolver.wanted(call), desk.now())
    if Want.DOCUMENT_CLIENT in wanted:
        facts = await looking.second(call, frozenset({Want.DOCUMENT_CLIENT}), facts)
    asked = call
    call, facts, said = await name_resolver.resolved(looking, call, facts)
    if name_resolver.lost(call):
        raise refusal(said)
    if name_resolver.lost(asked):
        facts = await looking.regarded(call, wanted, facts)
    given = frozenset(call.model_fields_set)
    call = call.completed(facts)
    facts = await looking.second(call, wanted - {Want.DOCUMENT_CLIENT}, facts)
    guards = () if idempotent_write.judged_before(call, held) else spec.guards
    judge = partial(_judge, call, facts, said, guards)
    # Thousands of lines take a moment: in a thread, so that everybody else is served meanwhile.
    warnings = await anyio.to_thread.run_sync(judge) if _has_many_lines(call, facts) else judge()
    return call, facts, warnings, given


def is_long(lines: Any) -> bool:
    """Tell whether there are so many lines that reading or judging them would keep everybody else waiting."""
    return isinstance(lines, list | tuple) and len(lines) > MANY_LINES


def _has_many_lines(call: Operation[Any], facts: Facts) -> bool:
    return is_long(getattr(call, "items", None)) or is_long(getattr(facts.document, "lines", None))


def _judge(
    call: Operation[Any], facts: Facts, said: list[Finding], guards: tuple[Guard, ...]
) -> tuple[Finding, ...]:
    """Run every guard; refusals and questions stop the call, all of them at once; warnings go on.

    `said` is what was found out about the call's names; no rule says a second time that a name means nothing.
    """
    unsure = {finding.problem.field for finding in said if finding.kind == "refuse"}
    judged = [finding for guard in guards for finding in guard(call, facts)]
    findings = [*said, *(one for one in judged if one.problem.field not in unsure)]
    questions = [finding for finding in findings if finding.kind == "accept"]
    if any(finding.kind == "refuse" for finding in findings):
        raise refusal(findings)
    if questions:
        words = sorted({finding.accept for finding in questions})
        raise NotAccepted(
            summary(questions),
            problems=[finding.problem for finding in questions],
            next=f"ask the person; if it is meant, repeat the call with accept: {json.dumps(words)}",
            details={"accept": words},
        )
    return tuple(finding for finding in findings if finding.kind == "warn")
