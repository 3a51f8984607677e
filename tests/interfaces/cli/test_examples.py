"""Every worked example, as the command line that help shows, carried out before a sandbox.

Only the ids are changed: an example cannot know which document the sandbox makes next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ix_tools.interfaces.cli.options import build_words
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import Effect
from ix_tools.schemas.json_schema import build_input_schema
from tests.interfaces.cli.conftest import Cli

OPERATIONS = list(catalogue().values())


def issued(cli: Cli) -> dict[str, Any]:
    number = cli.draft()
    cli.run_approved(*cli.finalize(number))
    return {"document_id": number}


def paid(cli: Cli) -> dict[str, Any]:
    number = issued(cli)["document_id"]
    receipt = cli.run_approved("generate-payment", "--document-id", number, "--amount", "50",
                           "--payment-mechanism", "TB", "--payment-date", "2026-11-20")  # fmt: skip
    return {"receipt_id": receipt["receipt"]["id"]}


def moved(cli: Cli) -> dict[str, Any]:
    operation = catalogue()["create_guide"]
    made = cli("create-guide", *build_words(operation.spec.example, build_input_schema(operation)))
    assert made.code == 0, made
    return {"document_id": made.body["document"]["id"]}


def estimated(cli: Cli) -> dict[str, Any]:
    return {"document_id": create_example(cli, "create_estimate")["document"]["id"]}


def owing(cli: Cli) -> dict[str, Any]:
    issued(cli)
    return {}


def regularized(cli: Cli) -> dict[str, Any]:
    issued(cli)
    return {"regularization_id": create_example(cli, "create_regularization")["regularization"]["id"]}


def founded(cli: Cli) -> dict[str, Any]:
    return {"account_id": create_example(cli, "create_account")["account"]["id"]}


def started(cli: Cli) -> dict[str, Any]:
    operation = catalogue()["run_batch"]
    waits = cli("run-batch", *build_words(operation.spec.example, build_input_schema(operation)))
    return {"batch": waits.body["batch"]}


def create_example(cli: Cli, name: str) -> dict[str, Any]:
    """The result of another operation's example."""
    operation = catalogue()[name]
    command = (name.replace("_", "-"), *build_words(operation.spec.example, build_input_schema(operation)))
    return cli.run_approved(*command) if operation.spec.effect.needs_approval else cli(*command).body


BEFORE: dict[str, Callable[[Cli], dict[str, Any]]] = {
    "get_document": lambda cli: {"document_id": cli.draft()},
    "update_invoice": lambda cli: {"document_id": cli.draft()},
    "change_state": lambda cli: {"document_id": cli.draft()},
    "update_guide": moved,
    "send_email": issued,
    "get_pdf": issued,
    "get_related_documents": issued,
    "generate_payment": lambda cli: {**issued(cli), "amount": 100},
    "cancel_payment": paid,
    "register_sequence": lambda cli: {"sequence_id": 70020},
    "update_sequence": lambda cli: {"sequence_id": 70020},
    "get_sequence": lambda cli: {"sequence_id": 70020},
    "set_default_sequence": lambda cli: {"sequence_id": 70020},
    "get_qr_code": issued,
    "update_estimate": estimated,
    "export_saft": lambda cli: {**owing(cli), "year": 2026, "month": 11},
    "create_regularization": owing,
    "delete_regularization": regularized,
    "delete_treasury_movement": lambda cli: {
        "treasury_movement_id": create_example(cli, "create_treasury_movement")["treasury_movement"]["id"]
    },
    "update_account": founded,
    "get_batch": started,
    "correct_document": issued,
}
"""What must be there first, and the ids it gets."""


@pytest.mark.parametrize(
    "operation",
    [one for one in OPERATIONS if not one.spec.asks_on_one_sheet],
    ids=lambda one: one.spec.name,
)
def test_the_example_of_every_operation_works(
    cli: Cli, operation: type[Operation[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = operation.spec
    if spec.effect is Effect.ADMIN:
        monkeypatch.setenv("INVOICEXPRESS_ALLOW_ACCOUNT_SETUP", "true")
    ids = BEFORE.get(spec.name, lambda _: {})(cli)
    words = build_words({**spec.example, **ids}, build_input_schema(operation))
    command = (spec.name.replace("_", "-"), *words)
    body = cli.run_approved(*command) if spec.effect.needs_approval else cli(*command).body
    assert body["ok"], body
    again = cli("--output", "text", *command)
    assert again.code in {0, 1, 3, 4}, "a person can read the answer too"
    assert again.out or again.err
