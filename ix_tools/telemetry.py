"""Traces and metrics of operations, through OpenTelemetry's API: nothing leaves unless whoever runs it adds an exporter."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, metrics, trace

from ix_tools.errors import IxError

_tracer = trace.get_tracer("ix_tools")
_duration = metrics.get_meter("ix_tools").create_histogram(
    "ix_tools.operations.base.duration", unit="s", description="Duration of operations, by what came of them."
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
"""By these keys of a context instrumentations know that they have to keep still; the library for them is none of ours."""


def build_suppressed_context() -> context.Context:
    """The present context, in which nothing that others instrument (HTTP clients, databases, servers) is recorded.

    The address of a request to InvoiceXpress holds the key, that of an approval's page is a secret, and queries hold names:
    what may be known of them, our own spans say.
    """
    shown = context.get_current()
    for key in SUPPRESSION_KEYS:
        shown = context.set_value(key, True, shown)
    return shown


@contextmanager
def pause_instrumentation() -> Iterator[None]:
    """What happens in here is recorded by nobody else's instrumentation."""
    if context.get_value(SUPPRESSION_KEYS[0]):
        yield
        return
    token = context.attach(build_suppressed_context())
    try:
        yield
    finally:
        context.detach(token)


def suppress_for_process() -> None:
    """The same for everything that this thread does, and starts, from now on."""
    context.attach(build_suppressed_context())


@contextmanager
def observe(operation: str, face: str) -> Iterator[None]:
    """Observe one operation. Names and outcomes only: arguments and messages hold other people's data."""
    shown = {"ix_tools.operations.base": operation, "ix_tools.face": face}
    began = time.perf_counter()
    outcome = "ok"
    with _tracer.start_as_current_span(
        f"operation {operation}", attributes=shown, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except IxError as failure:
            outcome = failure.code
            raise
        except BaseException as fault:
            outcome = type(fault).__name__
            raise
        finally:
            span.set_attribute("ix_tools.outcome", outcome)
            if outcome not in {"ok", "ApprovalNeeded"}:
                span.set_status(trace.StatusCode.ERROR)
            _duration.record(time.perf_counter() - began, {**shown, "ix_tools.outcome": outcome})
