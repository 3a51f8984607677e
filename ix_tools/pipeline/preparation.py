"""Preparation of a write: loads facts, runs guards and policy, acquires claims and consumes the approval.

    look up ─▶ guards ─▶ policy ─▶ may it proceed? ─▶ no: ask a person, holding no claim
       ▲                              │ yes
       │                              ▼
       └── waited, or another write ─ acquire claims ─▶ consume the approval

A call that waited for its claims starts again at the look-ups and holds the claims meanwhile.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import anyio

from ix_tools.approvals.queries import has_unused_approval
from ix_tools.approvals.release import mark_lapsed, mark_stale, release_approval
from ix_tools.approvals.repository import Binding
from ix_tools.approvals.requirements import ANY_PERSON, ApprovalRequirement
from ix_tools.errors import ApprovalRefused, IxError, NotAccepted, Refused, StoreUnavailable
from ix_tools.guards.facts import Facts, Want, get_wanted_facts
from ix_tools.guards.findings import (
    Finding,
    Guard,
    combine_findings,
    summarize_findings,
    turn_into_warning,
)
from ix_tools.i18n.messages import message
from ix_tools.idempotency.intents import Intent
from ix_tools.operations.base import Operation
from ix_tools.operations.protocols import get_lines
from ix_tools.pipeline import name_resolver, policy_check
from ix_tools.pipeline.approval_gate import can_proceed, consume_or_request_approval, request_approval
from ix_tools.pipeline.approval_request import ApprovalRequest
from ix_tools.pipeline.call_identity import CallIdentity
from ix_tools.pipeline.catalogue_defaults import fill_from_catalogue, lacks_line_fields
from ix_tools.pipeline.claim_scope import collect_claims
from ix_tools.pipeline.client_resolver import lacks_client_of_note, take_client_of_owner
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.earlier_attempts import (
    find_recent_duplicate,
    find_unresolved_attempts,
    warn_of_attempts,
    warn_of_duplicate,
)
from ix_tools.pipeline.execution import Execution
from ix_tools.pipeline.fact_loader import SEEN_OWNER, FactLoader
from ix_tools.pipeline.outcomes import ApprovalRequired, Completed
from ix_tools.pipeline.previous_result import can_skip_guards, lookup_concurrent

SettleQuestions = Callable[[Sequence[Finding]], tuple[Finding, ...]]
"""What becomes of the rules' questions: they are raised for the caller, or returned as warnings for the approver."""
MANY_LINES = 200
"""Above this number of lines, a document is parsed and checked in a worker thread."""


@dataclass(frozen=True)
class PreparedWrite:
    """A write that may be sent now."""

    call: Operation[Any]
    """The completed call: names are ids, and an update holds the whole document."""
    facts: Facts
    warnings: tuple[Finding, ...]
    given_fields: frozenset[str]
    """The fields that the caller gave."""
    loader: FactLoader
    approval_id: str = ""
    """The id of the consumed approval; empty if none is needed."""
    requirement: ApprovalRequirement = ANY_PERSON
    """The policy's requirements for that approval."""
    bundled_bindings: tuple[Binding, ...] = field(default=())
    """Bindings of the further calls that the same approval covers."""


async def prepare(
    execution: Execution, given_call: Operation[Any], identity: CallIdentity, open_intent: Intent | None
) -> PreparedWrite | Completed | ApprovalRequired:
    """Return the write ready to be sent, or instead the required approval or the result of an equal call."""
    context, claims, reply = execution.context, execution.claims, execution.reply
    needs_approval = given_call.spec.effect.needs_approval
    # A name may resolve differently by now, so facts are reused only for a document given by its id.
    by_id = (
        needs_approval
        and given_call.document_ref() is not None
        and not name_resolver.list_needed_facts(given_call)
    )
    answered = by_id and (reply is not None or await _has_waiting_approval(context, identity))
    shown = context.take_shown_facts(identity.content_digests[0]) if answered else None
    has_waited = False
    may_only_ask = needs_approval and reply is None and shown is None
    while True:
        looked_at = await claims.read_store_time()
        prepared, request = await _check(execution, given_call, identity, open_intent, shown, may_only_ask)
        facts = prepared.facts
        if request is not None and not await can_proceed(request, reply):
            if shown is not None:  # a person is shown fresh facts
                shown = None
                continue
            if by_id:
                context.keep_shown_facts(identity.content_digests[0], facts)
            return await request_approval(request)
        if may_only_ask and SEEN_OWNER in prepared.loader.memory.used:  # nobody needs to be asked
            may_only_ask = False
            continue
        await execution.wait_for_turn()
        if await claims.acquire(collect_claims(prepared.call, facts), looked_at, open_intent):
            break
        if not has_waited and open_intent is None:
            completed = await lookup_concurrent(context, given_call, identity)
            if completed is not None:
                return completed
        has_waited = True
    if request is None:
        return prepared
    try:
        approval = await consume_or_request_approval(request, reply)
    except ApprovalRefused:
        # A person may have declined because they know better than what was shown, so the next question looks again.
        context.seen.forget_shown(prepared.facts.document)
        raise
    if isinstance(approval, ApprovalRequired):
        return approval
    return replace(
        prepared,
        approval_id=approval.id,
        requirement=request.ruling.requirement,
        bundled_bindings=request.bundled_bindings,
    )


async def _check(
    execution: Execution,
    given_call: Operation[Any],
    identity: CallIdentity,
    open_intent: Intent | None,
    shown: Facts | None,
    may_only_ask: bool,
) -> tuple[PreparedWrite, ApprovalRequest | None]:
    """Look the call's facts up, run guards and policy, and return the write and what would be asked of a person."""
    context, needs_approval = execution.context, given_call.spec.effect.needs_approval
    loader = context.create_loader(
        shown,
        execution.progress,
        takes_seen_drafts=execution.takes_seen_drafts,
        takes_seen_owner=may_only_ask,
    )
    try:
        call, facts, warnings, given = await load_facts(loader, given_call, context, open_intent)
    except NotAccepted:
        if execution.parking is None or execution.parking.resumed is None:
            raise
        # Its caller is not there to be asked: the approver reads the question, as a warning that they did not see before.
        call, facts, warnings, given = await load_facts(
            loader.distrust_memory(), given_call, context, open_intent, show_questions
        )
    before = await find_recent_duplicate(context, identity) if needs_approval else None
    attempts = await find_unresolved_attempts(context, call, identity, facts, open_intent)
    warnings += (*warn_of_duplicate(before), *warn_of_attempts(attempts, identity))
    ruling = await policy_check.evaluate_policy(context, call, facts, identity.face, warnings)
    prepared = PreparedWrite(call, facts, warnings, given, loader)
    if not needs_approval:
        return prepared, None
    done = " ".join(one.id for one in (*([before] if before else []), *attempts))
    request = ApprovalRequest(
        context, call, facts, warnings, execution.origin, ruling, execution.bundle, done
    )
    return prepared, replace(request, parking=execution.parking, parked_claim=execution.parked_claim)


async def _has_waiting_approval(context: CallContext, identity: CallIdentity) -> bool:
    return await anyio.to_thread.run_sync(
        has_unused_approval, context.approvals.store, identity.principal, identity.account, identity.operation
    )


SETTLEMENTS = {"document_changed": mark_stale, "signature_invalid": mark_lapsed}
"""How to settle the approval of an unsent call, by error code; with any other code the approval is valid again."""


async def confirm_approval(context: CallContext, prepared: PreparedWrite) -> None:
    """Check that the approval of a prepared write still counts.

    Raises:
        ApprovalRefused: it was withdrawn with the passkey that signed it.
    """
    if prepared.approval_id:
        confirm = context.approvals.confirm_used
        await anyio.to_thread.run_sync(confirm, prepared.approval_id, prepared.requirement)


async def return_approval(
    context: CallContext, prepared: PreparedWrite, failure: IxError, *, is_unsent: bool
) -> None:
    """Return an approval that nothing was sent for; mark it stale if the document changed."""
    if not prepared.approval_id or not is_unsent:
        return
    settle = SETTLEMENTS.get(failure.code, release_approval)
    try:
        await anyio.to_thread.run_sync(
            settle, context.approvals.store, prepared.approval_id, prepared.bundled_bindings
        )
    except StoreUnavailable:
        return  # it stays consumed, and the person is asked again


def refuse_questions(questions: Sequence[Finding]) -> tuple[Finding, ...]:
    """Raise the questions, which the caller answers by `accept`; return nothing without any.

    Raises:
        NotAccepted: there are questions.
    """
    if not questions:
        return ()
    words = sorted({finding.accept for finding in questions})
    raise NotAccepted(
        summarize_findings(questions),
        problems=[finding.problem for finding in questions],
        next=message(
            "ask the person; if it is intended, repeat the call with accept: {words}",
            words=json.dumps(words),
        ),
        details={"accept": words},
    )


def show_questions(questions: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the questions as warnings, which the approver reads and answers by the approval."""
    return tuple(map(turn_into_warning, questions))


async def load_facts(
    loader: FactLoader,
    call: Operation[Any],
    context: CallContext,
    open_intent: Intent | None,
    settle_questions: SettleQuestions = refuse_questions,
) -> tuple[Operation[Any], Facts, tuple[Finding, ...], frozenset[str]]:
    """Return the completed call, its facts, the guards' warnings, and the fields that the caller gave.

    A refusal or a question that may rest on remembered look-ups is judged again by new ones.
    """
    try:
        return await _load_and_judge(loader, call, context, open_intent, settle_questions)
    except (NotAccepted, Refused):
        if not loader.memory.used:
            raise
    return await _load_and_judge(loader.distrust_memory(), call, context, open_intent, settle_questions)


async def _load_and_judge(
    loader: FactLoader,
    call: Operation[Any],
    context: CallContext,
    open_intent: Intent | None,
    settle_questions: SettleQuestions,
) -> tuple[Operation[Any], Facts, tuple[Finding, ...], frozenset[str]]:
    spec = call.spec
    wanted = spec.needs | get_wanted_facts(*spec.guards)
    facts = await loader.load_from_call(call, wanted | name_resolver.list_needed_facts(call), context.now())
    if Want.DOCUMENT_CLIENT in wanted:
        facts = await loader.load_dependent(call, frozenset({Want.DOCUMENT_CLIENT}), facts)
    given_call, later = call, wanted - {Want.DOCUMENT_CLIENT}
    if lacks_client_of_note(call):
        facts = await loader.load_dependent(call, frozenset({Want.OWNER}), facts)
        later -= {Want.OWNER}
        call, facts = await take_client_of_owner(loader, call, facts)
    call, facts, name_findings = await name_resolver.resolve_names(loader, call, facts)
    if name_resolver.is_unresolved(call):
        raise combine_findings(name_findings)
    if name_resolver.is_unresolved(given_call):
        facts = await loader.reload_subject(call, wanted, facts)
    given = frozenset(call.model_fields_set)
    if Want.ITEMS in later and lacks_line_fields(call):
        items = frozenset({Want.ITEMS})
        facts = await loader.load_dependent(call, items, facts)
        later -= {Want.ITEMS}
        call, more = fill_from_catalogue(call, facts)
        name_findings += more
        if any(one.kind == "refuse" for one in more):
            raise combine_findings(name_findings)
    call = call.fill_defaults(facts)
    facts = await loader.load_dependent(call, later, facts)
    guards = () if can_skip_guards(call, open_intent) else spec.guards
    judge = partial(
        _run_guards, call, facts, name_findings, guards, name_resolver.map_ids_to_names(given_call)
    )
    # Thousands of lines take a moment; a thread keeps other calls served meanwhile.
    found = await anyio.to_thread.run_sync(judge) if _has_many_lines(call, facts) else judge()
    warnings = tuple(one for one in found if one.kind == "warn")
    questions = settle_questions([one for one in found if one.kind == "accept"])
    return call, facts, (*questions, *warnings), given


def is_long(lines: Any) -> bool:
    """Tell whether there are so many lines that parsing or checking them would block other calls."""
    return isinstance(lines, list | tuple) and len(lines) > MANY_LINES


def _has_many_lines(call: Operation[Any], facts: Facts) -> bool:
    return is_long(get_lines(call)) or (facts.document is not None and is_long(facts.document.lines))


def _run_guards(
    call: Operation[Any],
    facts: Facts,
    name_findings: list[Finding],
    guards: tuple[Guard, ...],
    written: Mapping[str, str],
) -> tuple[Finding, ...]:
    """Run every guard; raise all refusals, with the questions, and return the questions and warnings.

    Args:
        name_findings: Findings about the call's names; guards do not report an unknown name a second time.
        written: The fields that the caller wrote in place of ids, by the id's field.
    """
    unsure = {finding.problem.field for finding in name_findings if finding.kind == "refuse"}
    if any(field.startswith("client.") for field in unsure):
        unsure |= {
            "client.name",
            "client.code",
        }  # what a new client needs, where an existing one is probably meant
    judged = [finding.about(written) for guard in guards for finding in guard(call, facts)]
    findings = [*name_findings, *(one for one in judged if one.problem.field not in unsure)]
    if any(finding.kind == "refuse" for finding in findings):
        raise combine_findings(findings)
    return tuple(findings)
