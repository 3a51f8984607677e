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

from ix_tools.approvals.release import has_unused_approval, mark_stale, release_approval
from ix_tools.approvals.repository import Binding, CallOrigin, Reply
from ix_tools.errors import IxError, NotAccepted, StoreUnavailable
from ix_tools.guards.facts import Facts, Want, get_wanted_facts
from ix_tools.guards.findings import Finding, Guard, combine_findings, summarize_findings
from ix_tools.idempotency.intents import Intent
from ix_tools.operations.base import BundledApproval, Operation
from ix_tools.pipeline import idempotent_write, name_resolver, policy_check
from ix_tools.pipeline.approval_gate import can_proceed, consume_or_request_approval, request_approval
from ix_tools.pipeline.approval_request import ApprovalRequest
from ix_tools.pipeline.call_identity import CallIdentity
from ix_tools.pipeline.claim_scope import collect_claims
from ix_tools.pipeline.claim_session import ClaimSession
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.earlier_attempts import find_unresolved_attempts, warn_of_attempts
from ix_tools.pipeline.fact_loader import FactLoader, RememberedLookups

MANY_LINES = 200
"""Lines from which a document is read and judged in a thread of its own."""


@dataclass(frozen=True)
class PreparedWrite:
    """A call that may be sent now."""

    call: Operation[Any]
    """Completed: names became ids, and an update the whole document."""
    facts: Facts
    warnings: tuple[Finding, ...]
    given_fields: frozenset[str]
    """The fields that the caller named."""
    loader: FactLoader
    approval_id: str = ""
    """The id of the approval that was used up; empty where none is needed."""
    bundled_bindings: tuple[Binding, ...] = field(default=())
    """The further calls that the same approval is good for."""


async def prepare(
    desk: CallContext,
    asked: Operation[Any],
    caller: CallIdentity,
    held: Intent | None,
    asker: CallOrigin,
    reply: Reply | None,
    covering: BundledApproval | None,
    claims: ClaimSession,
) -> PreparedWrite | dict[str, Any]:
    """The call ready to be sent; or what its caller is told instead: that a person is asked, or the result of an equal call."""
    gated = asked.spec.effect.needs_approval
    # A name may mean another thing by now: only what is about a document by its id goes on from what was read.
    by_id = gated and asked.document_ref() is not None and not name_resolver.list_needed_facts(asked)
    answered = by_id and (reply is not None or await _has_waiting_approval(desk, caller))
    remembered = desk.recall_lookups(caller.content_digests[0]) if answered else None
    waited = False
    while True:
        looked_at = await claims.read_store_time()
        looking = FactLoader(
            desk.account, desk.settings.catalogue_pages, desk.approvals, desk.journal, remembered
        )
        call, facts, warnings, given = await load_facts(looking, asked, desk, held)
        before = await idempotent_write.find_recent_duplicate(desk, caller) if gated else None
        tries = await find_unresolved_attempts(desk, call, caller, facts, held)
        warnings += (*idempotent_write.warn_of_duplicate(before), *warn_of_attempts(tries, caller))
        ruling = await policy_check.evaluate_policy(desk, call, facts, caller.face, warnings)
        question = None
        if gated:
            done = " ".join(one.id for one in (*([before] if before else []), *tries))
            question = ApprovalRequest(desk, call, facts, warnings, asker, ruling, covering, done)
            if not await can_proceed(question, reply):
                if remembered is not None:  # what a person is shown is read anew
                    remembered = None
                    continue
                if by_id:
                    desk.remember_lookups(
                        caller.content_digests[0], RememberedLookups(facts.taxes, facts.sequences)
                    )
                return await request_approval(question)
        if await claims.acquire(collect_claims(call, facts), looked_at, held):
            break
        if not waited:
            waited = True
            result = await idempotent_write.lookup_concurrent(desk, asked, caller) if held is None else None
            if result is not None:
                return result
    if question is None:
        return PreparedWrite(call, facts, warnings, given, looking)
    passed = await consume_or_request_approval(question, reply)
    if isinstance(passed, dict):
        return passed
    return PreparedWrite(call, facts, warnings, given, looking, passed, question.bundled_bindings)


async def _has_waiting_approval(desk: CallContext, caller: CallIdentity) -> bool:
    return await anyio.to_thread.run_sync(
        has_unused_approval, desk.approvals.store, caller.principal, caller.account, caller.operation
    )


async def return_approval(
    desk: CallContext, prepared: PreparedWrite, failure: IxError, *, is_unsent: bool
) -> None:
    """Give an approval back that nothing was sent for; one of a document that changed is good for nothing any more."""
    if not prepared.approval_id or not is_unsent:
        return
    settle = mark_stale if failure.code == "document_changed" else release_approval
    try:
        await anyio.to_thread.run_sync(
            settle, desk.approvals.store, prepared.approval_id, prepared.bundled_bindings
        )
    except StoreUnavailable:
        return  # it stays used up, and the person is asked again


async def load_facts(
    looking: FactLoader, call: Operation[Any], desk: CallContext, held: Intent | None
) -> tuple[Operation[Any], Facts, tuple[Finding, ...], frozenset[str]]:
    """The call completed, what is known of the account, what the rules warn of, and the fields that the caller named."""
    spec = call.spec
    wanted = spec.needs.union(*(get_wanted_facts(guard) for guard in spec.guards))
    facts = await looking.load_from_call(call, wanted | name_resolver.list_needed_facts(call), desk.now())
    if Want.DOCUMENT_CLIENT in wanted:
        facts = await looking.load_dependent(call, frozenset({Want.DOCUMENT_CLIENT}), facts)
    asked = call
    call, facts, said = await name_resolver.resolve_names(looking, call, facts)
    if name_resolver.is_unresolved(call):
        raise combine_findings(said)
    if name_resolver.is_unresolved(asked):
        facts = await looking.reload_subject(call, wanted, facts)
    given = frozenset(call.model_fields_set)
    call = call.fill_defaults(facts)
    facts = await looking.load_dependent(call, wanted - {Want.DOCUMENT_CLIENT}, facts)
    guards = () if idempotent_write.can_skip_guards(call, held) else spec.guards
    judge = partial(_run_guards, call, facts, said, guards)
    # Thousands of lines take a moment: in a thread, so that everybody else is served meanwhile.
    warnings = await anyio.to_thread.run_sync(judge) if _has_many_lines(call, facts) else judge()
    return call, facts, warnings, given


def is_long(lines: Any) -> bool:
    """Tell whether there are so many lines that reading or judging them would keep everybody else waiting."""
    return isinstance(lines, list | tuple) and len(lines) > MANY_LINES


def _has_many_lines(call: Operation[Any], facts: Facts) -> bool:
    return is_long(getattr(call, "items", None)) or is_long(getattr(facts.document, "lines", None))


def _run_guards(
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
        raise combine_findings(findings)
    if questions:
        words = sorted({finding.accept for finding in questions})
        raise NotAccepted(
            summarize_findings(questions),
            problems=[finding.problem for finding in questions],
            next=f"ask the person; if it is meant, repeat the call with accept: {json.dumps(words)}",
            details={"accept": words},
        )
    return tuple(finding for finding in findings if finding.kind == "warn")
