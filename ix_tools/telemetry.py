"""Traces and metrics of operations through the OpenTelemetry API; without a configured exporter, nothing is sent."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry import context, metrics, trace

from ix_tools.errors import IxError

_tracer = trace.get_tracer("ix_tools")
_duration = metrics.get_meter("ix_tools").create_histogram(
    "ix_tools.operation.duration", unit="s", description="Duration of operations, by outcome."
)


SUPPRESSION_KEYS = tuple(
    key
    for key in (
        "suppress_instrumentation",
        getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", ""),
        getattr(context, "_SUPPRESS_HTTP_INSTRUMENTATION_KEY", ""),
    )
    if key
)
"""Context keys that make instrumentations record nothing. They are named here because the library that defines them is
not a dependency.
"""


def build_suppressed_context() -> context.Context:
    """Return the current context with instrumentations of HTTP clients, databases and servers suppressed.

    A request's URL holds the API key, an approval page's URL is a secret, and queries hold names; our own spans record
    what may be known.
    """
    shown = context.get_current()
    for key in SUPPRESSION_KEYS:
        shown = context.set_value(key, True, shown)
    return shown


@contextmanager
def pause_instrumentation() -> Iterator[None]:
    """Suppress all other instrumentations inside the block."""
    if context.get_value(SUPPRESSION_KEYS[0]):
        yield
        return
    token = context.attach(build_suppressed_context())
    try:
        yield
    finally:
        context.detach(token)


def suppress_for_process() -> None:
    """Suppress all other instrumentations for this thread, and for what it starts, from now on."""
    context.attach(build_suppressed_context())


@dataclass
class Observation:
    """Outcome of an operation, recorded when it ends."""

    outcome: str = "ok"
    """`ok`, `approval_required`, an error code, or the name of an exception."""


@contextmanager
def observe(operation: str, face: str) -> Iterator["Observation"]:
    """Record span and duration of an operation. Names and outcomes only: arguments and messages hold personal data."""
    observation = Observation()
    shown = {"ix_tools.operation": operation, "ix_tools.face": face}
    began = time.perf_counter()
    with _tracer.start_as_current_span(
        f"operation {operation}", attributes=shown, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield observation
        except BaseException as fault:
            observation.outcome = fault.code if isinstance(fault, IxError) else type(fault).__name__
            span.set_status(trace.StatusCode.ERROR)
            raise
        finally:
            outcome = {"ix_tools.outcome": observation.outcome}
            span.set_attributes(outcome)
            _duration.record(time.perf_counter() - began, {**shown, **outcome})
