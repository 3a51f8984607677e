"""Build the result of a completed call: the record, warnings, next steps, how to correct it."""

from typing import Any

from pydantic import BaseModel

from ix_tools.config.settings import SANDBOX_NOTICE
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.operations.base import Operation
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.corrections import describe_correction
from ix_tools.pipeline.next_steps import show_step
from ix_tools.text.sanitize import sanitize_all


def build_result(
    context: CallContext, call: Operation[Any], result: BaseModel, warnings: tuple[Finding, ...], facts: Facts
) -> dict[str, Any]:
    """Build the result: ok, the record, warnings, next steps, correction, and a notice if it is the sandbox."""
    result = call.complete_result(result, facts)
    language = context.settings.language
    shown = result.model_dump(mode="json", exclude_none=True, context={"language": language})
    body = {"ok": True, **shown}
    if warnings:
        body["warnings"] = [one.problem.as_dict(language) for one in warnings]
    steps = [show_step(step, language) for step in call.next_steps(result)]
    if steps:
        body["next"] = steps
    correction = call.plan_correction(result, facts)
    if correction is not None:
        body["undo"] = describe_correction(correction, language, facts.today)
    if context.settings.sandbox:
        body["sandbox"] = SANDBOX_NOTICE
    sanitized: dict[str, Any] = sanitize_all(body)
    return sanitized
