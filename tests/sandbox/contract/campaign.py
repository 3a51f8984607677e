"""Send an operation's calls to its own sandbox, and collect the responses that differ from the description."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.errors import FailureGroup
from schemathesis.generation import GenerationMode

from ix_tools.sandbox.server import Sandbox
from tests.sandbox.api import NOW
from tests.sandbox.contract import calls, description
from tests.sandbox.contract.description import Answer
from tests.sandbox.contract.stock import TYPES, build_stock

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "6"))
"""Number of valid calls drawn per operation; half as many more are invalid."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@dataclass
class Campaign:
    """Responses of an operation."""

    operation: str
    answers: list[Answer] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    """Differences, each with the first call that showed it."""


RUN: dict[str, Campaign] = {}
"""Finished campaigns by operation."""


@cache
def load_description() -> Any:
    """Load the strict description with the differences applied into schemathesis."""
    return schemathesis.openapi.from_dict(description.build_patched_description())


@cache
def run_campaign(operation_id: str) -> Campaign:
    """Call an operation many times, always with the same calls."""
    made, known = Campaign(operation_id), build_stock()
    RUN[operation_id] = made
    operation = load_description().find_operation_by_id(operation_id)
    with tempfile.TemporaryDirectory() as folder, requests.Session() as session:
        session.trust_env = False
        with Sandbox(Path(shutil.copy(known.file, folder)), clock=NOW) as sandbox:
            sandbox.set_option("rate_limit", 10**9)
            sandbox.set_option("mb_references", True)

            def send(case: Any, key: str = sandbox.api_key, **changes: Any) -> None:
                case.query = {**(case.query or {}), "api_key": key}
                answer = case.call(base_url=sandbox.base_url, session=session, timeout=100, **changes)
                media_type = ",".join(answer.headers.get("content-type", []))
                made.answers.append(Answer(str(answer.status_code), media_type, answer.content))
                try:
                    case.validate_response(answer, checks=CHECKS)
                except FailureGroup as group:
                    for failure in group.exceptions:
                        made.failures.setdefault(str(failure), case.as_curl_command())

            _send_by_hand(operation, send)
            for mode, examples in (
                (GenerationMode.POSITIVE, EXAMPLES),
                (GenerationMode.NEGATIVE, max(1, EXAMPLES // 2)),
            ):
                _send_drawn(operation, mode, examples, send)
    answers = description.build_strict_answers(operation_id)
    for answer in made.answers:
        if wrong := description.find_complaint(answers, answer):
            made.failures.setdefault(wrong, "")
    return made


def _send_by_hand(operation: Any, send: Callable[..., None]) -> None:
    operation_id = operation.definition.raw["operationId"]
    # Ids that do not exist, in every part of the path.
    paths = dict.fromkeys(_placeholders(operation.path), "9")
    anywhere = calls.Fixed({**paths, **_any_type(paths)})
    has_body = "requestBody" in operation.definition.raw
    send(_case(operation, anywhere, {} if has_body else None))
    send(_case(operation, anywhere, {} if has_body else None), key="wrong")
    if has_body:
        send(
            _case(operation, anywhere, {}), data=b"{", headers={"Content-Type": "application/json"}, json=None
        )
        send(_case(operation, anywhere, {}), data=b"{}", headers={"Content-Type": "text/plain"}, json=None)
    for call in calls.list_fixed_calls(operation_id, build_stock()):
        send(_case(operation, call, call.body))


def _case(operation: Any, call: calls.Fixed, body: Any) -> Any:
    given_body = {} if body is None else {"body": body, "media_type": "application/json"}
    return operation.Case(path_parameters=dict(call.path), query=dict(call.query), **given_body)


def _placeholders(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def _any_type(paths: dict[str, str]) -> dict[str, str]:
    return {name: f"{keys[0]}s" for name, keys in TYPES.items() if name in paths}


def _send_drawn(operation: Any, mode: GenerationMode, examples: int, send: Callable[..., None]) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def draw_and_send(case: Any, data: Any) -> None:
        calls.use_known_type(case)
        if mode is GenerationMode.POSITIVE and data.draw(st.integers(0, 9)):
            calls.make_sensible(case, build_stock(), data.draw)
        send(case)

    with suppress(Unsatisfiable):  # some calls have no part that could be invalid
        draw_and_send()
