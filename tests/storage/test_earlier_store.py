"""A store that an earlier version wrote is good: it opens and verifies, keys replay, approvals count, what was left open is found out.

`earlier/` holds two such stores as SQL text, with what a newer version must still find in them: finished, open and unknown writes,
a pending and a given approval, a PIN, a bearer token, and the audit trail.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import stamina

from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.approvals.pins import Pins
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.audit import trail
from ix_tools.auth.tokens import Tokens
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.formats import LISBON
from ix_tools.idempotency.journal import Journal
from ix_tools.pipeline.context import CallContext
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from tests.harness import NOW, Harness, document_arguments, execute, invoice
from tests.in_process import InProcessTransport
from tests.storage.earlier_store import EARLIER, load_earlier_store

ABOUT: dict[str, dict[str, Any]] = json.loads((EARLIER / "about.json").read_text(encoding="utf-8"))
NAMES = ("done", "waiting", "approved", "issued", "left unknown")


@pytest.fixture(params=["sqlite", "postgresql"])
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, dict[str, Any]]]:
    """The earlier store, and what is to be known of it; a minute after it was written."""
    with load_earlier_store(request.param, tmp_path) as place:
        yield later(Store(place), ABOUT[request.param])


def later(store: Store, known: dict[str, Any]) -> tuple[Store, dict[str, Any]]:
    store.clock = lambda: known["at"] + 60
    return store, known


@pytest.fixture
async def offices(
    earlier: tuple[Store, dict[str, Any]], tmp_path: Path
) -> AsyncIterator[tuple[Harness, Harness]]:
    """The earlier store before an account that holds what it was written about; and a harness that made it so."""
    store, known = earlier
    with Sandbox(clock=NOW) as box:
        # What a person saw names the account's address.
        assert box._box is not None
        box.base_url = box._box.base_url = f"http://{known['account'].partition('@')[2]}"
        settings = point_at_sandbox(
            Settings(approval_min_seconds=0, language="en", store=str(tmp_path / "filling.db")),
            box.base_url,
            box.api_key,
        )
        account = InvoiceXpressClient(settings, transport=InProcessTransport(box))
        context = replace(
            CallContext.open(settings),
            account=account,
            now=lambda: datetime.fromisoformat(NOW).replace(tzinfo=LISBON),
        )
        assert account.name == known["account"]
        before = Harness(box, context)
        with stamina.set_testing(True, attempts=2, cap=True):
            for name in NAMES:
                await before.call("create_invoice", invoice(idempotency_key=f"draft {name}", reference=name))
            for name in ("issued", "left unknown"):
                document = {"document_type": "invoices", "id": known["documents"][name]}
                await before.call("change_state", document_arguments(document, state="finalized"))
            mine: dict[str, Any] = {
                "store": store,
                "approvals": ApprovalRepository(store, 15, lambda: known["at"] + 60),
                "journal": Journal(store, 240.0),
                "has_recovered": False,
            }
            yield Harness(box, replace(context, **mine)), before
        await account.close()
    context.store.close()
    store.close()


async def test_it_opens_and_its_trail_is_whole(earlier: tuple[Store, dict[str, Any]], tmp_path: Path) -> None:
    store, _ = earlier
    store.check_ready()
    faults = trail.verify_chain(store, tmp_path)
    assert [one.what for one in faults] == ["the note of the newest row is missing"], (
        "it was kept without its note"
    )
    store.close()


async def test_keys_give_the_first_result_again(
    offices: tuple[Harness, Harness], earlier: tuple[Store, dict[str, Any]]
) -> None:
    harness, known = offices[0], earlier[1]
    before = len(harness.list_writes())
    again = await execute(
        harness.context, "create_invoice", invoice(idempotency_key="draft done", reference="done")
    )
    assert (again["replayed"], again["document"]["id"]) == (True, known["documents"]["done"])
    document = {"document_type": "invoices", "id": known["documents"]["issued"]}
    call = document_arguments(document, state="finalized", idempotency_key="issue it")
    issued = await execute(harness.context, "change_state", call)
    assert (issued["replayed"], issued["document"]["number"]) == (True, known["number"])
    assert harness.list_writes()[before:] == []


async def test_an_approval_that_was_given_counts_once(
    offices: tuple[Harness, Harness], earlier: tuple[Store, dict[str, Any]]
) -> None:
    harness, known = offices[0], earlier[1]
    document = {"document_type": "invoices", "id": known["documents"]["approved"]}
    issued = await execute(harness.context, "change_state", document_arguments(document, state="finalized"))
    assert issued["document"]["status"] == "final"


async def test_an_approval_that_waits_is_decided(
    offices: tuple[Harness, Harness], earlier: tuple[Store, dict[str, Any]]
) -> None:
    harness, known = offices[0], earlier[1]
    assert [one.id for one in harness.context.approvals.list_waiting()] == [known["waiting"]]
    document = {"document_type": "invoices", "id": known["documents"]["waiting"]}
    asked = await execute(harness.context, "change_state", document_arguments(document, state="finalized"))
    assert asked["approval"]["id"] == known["waiting"], "the same question is not asked twice"
    harness.context.approvals.decide(known["waiting"], approve=True, by="terminal:ana")
    issued = await execute(harness.context, "change_state", document_arguments(document, state="finalized"))
    assert issued["document"]["status"] == "final"


async def test_what_was_left_open_or_unknown_is_found_out(
    offices: tuple[Harness, Harness], earlier: tuple[Store, dict[str, Any]]
) -> None:
    harness, known = offices[0], earlier[1]
    made = await harness.call("create_invoice", invoice(idempotency_key="left open", reference="left open"))
    assert made["document"]["reference"] == "left open"
    document = {"document_type": "invoices", "id": known["documents"]["left unknown"]}
    found = await execute(
        harness.context,
        "change_state",
        document_arguments(document, state="finalized", idempotency_key="left unknown"),
    )
    assert (found["replayed"], found["document"]["status"]) == (True, "final")


def test_its_pin_and_its_token_are_known(earlier: tuple[Store, dict[str, Any]]) -> None:
    store, known = earlier
    Pins(store).check("local", "739155")
    with pytest.raises(ApprovalRefused):
        Pins(store).check("local", "739156")
    found = Tokens(store, lambda: known["at"] + 60).find(known["token"])
    assert found is not None
    assert found.name == "n8n"
    assert Tokens(store, lambda: known["at"] + 60).find(f"{known['token']}x") is None
    store.close()
