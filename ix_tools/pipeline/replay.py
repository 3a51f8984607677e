"""Replay of a call: tells whether its record is gone, and compares a record that was stored differently as it is now."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ix_tools.domain.comparison import ASKED, EXPECTED_READ_BACK
from ix_tools.domain.records import Document
from ix_tools.domain.types import Record
from ix_tools.errors import IxError, NotFound, Problem, Refused, StoredDifferently
from ix_tools.i18n.messages import Message, join_messages, load_text, message
from ix_tools.operations.base import Operation
from ix_tools.operations.protocols import get_document_type, get_state
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.next_steps import fit_stored_call, show_step
from ix_tools.pipeline.outcomes import Completed
from ix_tools.text.sanitize import sanitize_all
from ix_tools.verification.compare import GONE_STATES, show_field

NOW_RIGHT = message("it was first stored differently from what was asked, and now reads as asked")
NEVER_COMPARED = message(
    "it could not be read back at the time, so it was not compared with what was asked: check it"
)
WHOLE_RECORDS = {"document", "client", "item", "tax", "sequence", "account"}
"""Fields that a difference names when the whole record could not be read back."""


def select_result_fields(call: Operation[Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an outcome that belong to the operation's result."""
    return {name: outcome[name] for name in call.result_type().model_fields if name in outcome}


async def bring_up_to_date(context: CallContext, call: Operation[Any], replayed: Completed) -> Completed:
    """Return a replayed result with its record as it is now, and what can be done with that."""
    body = replayed.body
    if body.get("code"):
        return replayed
    try:
        result = await _read_current_result(context, call, body)
    except IxError as failure:
        problem = Problem(
            "",
            message("this is the result of then; it could not be read again now ({code})", code=failure.code),
        )
        return Completed(
            {**body, "warnings": [*body.get("warnings", ()), problem.as_dict(context.settings.language)]}
        )
    if result is None:
        return replayed
    shown = result.model_dump(mode="json", exclude_none=True, context={"language": context.settings.language})
    steps = [show_step(step, context.settings.language) for step in call.next_steps(result)]
    was, now = (one.get("document", {}).get("status") for one in (body, shown))
    dropped = {"next", *(("undo",) if was != now else ())}
    kept = {name: value for name, value in body.items() if name not in dropped}
    if calls := kept.get("undo", {}).get("calls"):
        kept["undo"] = {**kept["undo"], "calls": [fit_stored_call(one) for one in calls]}
    fresh: dict[str, Any] = sanitize_all({**kept, **shown, **({"next": steps} if steps else {})})
    return Completed(fresh)


async def _read_current_result(
    context: CallContext, call: Operation[Any], outcome: Mapping[str, Any]
) -> BaseModel | None:
    """Return a replayed result with its record as it is now; None if it names none that can be read."""
    shown = select_result_fields(call, outcome)
    try:
        name, now = await _read_current(context, call, shown)
    except NotFound:
        if not shown.get("document"):
            return None
        name, now = "document", None
    if not name:
        return None
    result = call.result_type().model_validate(shown)
    if now is None:
        return result.model_copy(
            update={name: getattr(result, name).model_copy(update={"status": "deleted"})}
        )
    if isinstance(now, Document):
        # What is open of it changes with its receipts; get_document tells it.
        return result.model_copy(update={name: now, **({"to_pay": None} if "to_pay" in shown else {})})
    return result.model_copy(update={name: now})


async def recheck_difference(
    context: CallContext, call: Operation[Any], outcome: Mapping[str, Any]
) -> dict[str, Any]:
    """Read a record again that was stored differently, and return the result if it now reads as asked.

    Raises:
        StoredDifferently: It still differs, or cannot be read.
        Refused: It no longer exists.
    """
    problems = [Problem.load(one) for one in outcome.get("problems", [])]
    sentence, then = load_text(outcome["message"]), load_text(outcome.get("next", ""))
    shown = select_result_fields(call, outcome)
    failure: IxError | None = None
    try:
        name, now = await _read_current(context, call, shown)
    except NotFound:
        if _is_removal(call):
            return _build_result(shown, "document", NOW_RIGHT)
        raise _build_gone_refusal(call) from None
    except IxError as trouble:
        name, now, failure = "", None, trouble
    if failure is not None or now is None:
        if failure is not None:
            why = message("It could not be read again now ({code}).", code=failure.code)
            sentence = join_messages([sentence, why], " ")
        raise StoredDifferently(sentence, problems=problems, next=then, details=shown)
    if isinstance(now, Document) and now.status in GONE_STATES and not _is_removal(call):
        raise _build_gone_refusal(call)
    current_fields = {name: now.model_dump(mode="json", exclude_none=True)}
    remaining = [one for one in (_update_problem(problem, now) for problem in problems) if one is not None]
    if remaining:
        raise StoredDifferently(
            sentence,
            problems=remaining,
            next=then,
            details={**shown, **current_fields},
        )
    unread = [one.field for one in problems if one.field in WHOLE_RECORDS]
    return _build_result({**shown, **current_fields}, name, NEVER_COMPARED if unread else NOW_RIGHT)


def _is_removal(call: Operation[Any]) -> bool:
    """Tell whether the call itself deletes or cancels the document."""
    return get_state(call) in GONE_STATES


def _build_result(shown: Mapping[str, Any], name: str, problem: Message) -> dict[str, Any]:
    return {"ok": True, **shown, "replayed": True, "warnings": [Problem(name, problem).as_dict()]}


async def _read_current(
    context: CallContext, call: Operation[Any], shown: Mapping[str, Any]
) -> tuple[str, Document | Record | None]:
    loader = context.create_loader()
    reference = shown.get("document") or {}
    if reference.get("id"):
        kind = str(get_document_type(call) or reference.get("document_type"))
        return "document", await loader.get_document(kind, int(reference["id"]), await loader.list_taxes())
    subject = call.subject_ref(call.result_type().model_validate(shown)) if shown else None
    return (subject.name, (await loader.get_subject(subject))[0]) if subject is not None else ("", None)


def _update_problem(problem: Problem, stored: Document | Record) -> Problem | None:
    """Return the difference as it is now, or None if it no longer exists."""
    asked = str(problem.allowed).removeprefix(ASKED)
    if problem.field in WHOLE_RECORDS and asked == EXPECTED_READ_BACK:
        return None
    now = show_field(problem.field, stored)
    if now is None:
        return problem  # no readable field shows it
    return (
        None
        if now == asked
        else Problem(problem.field, message("stored as {stored}", stored=now), problem.allowed)
    )


def _build_gone_refusal(call: Operation[Any]) -> Refused:
    return Refused(
        message(
            "This {name} was already carried out and stored differently from what was asked; its "
            "record no longer exists.",
            name=call.spec.name,
        ),
        code="document_gone",
        next=message("to create it again, repeat the call with a new idempotency_key"),
    )


async def is_gone(context: CallContext, call: Operation[Any], outcome: Mapping[str, Any]) -> bool:
    """Tell whether the record that a call created no longer exists."""
    loader = context.create_loader()
    reference = outcome.get("document") or {}
    try:
        if reference.get("id"):
            stored = await loader.get_document(str(reference.get("document_type")), int(reference["id"]))
            return stored.status in {"deleted", "canceled"}
        created = select_result_fields(call, outcome)
        subject = call.subject_ref(call.result_type().model_validate(created)) if created else None
        if subject is not None:
            await loader.get_subject(subject)
    except NotFound:
        return True
    return False
