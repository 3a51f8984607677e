"""`ix-tools claims`: who claims what right now, and a claim that a person clears."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ix_tools.idempotency.claims import Claim, Claims, Holder
from ix_tools.storage.database import Store
from tests.interfaces.cli.conftest import Cli

RESOURCE = "document/1001"


@contextmanager
def claimed(cli: Cli) -> Iterator[Claims]:
    """A document that a call of this process is at work on."""
    store = Store(cli.store)
    claims = Claims(store, 240.0)
    holder = Holder("acme@acme.app.invoicexpress.com", "change_state", "ana")
    assert claims.acquire(holder, [Claim(RESOURCE, exclusive=True)], claims.now()).is_granted
    yield claims
    store.close()


def test_nothing_is_claimed_at_first(cli: Cli) -> None:
    assert cli("claims", "list").body == {"ok": True, "claims": []}
    assert "Nothing is claimed." in cli.text("claims", "list")


def test_a_claim_is_listed_and_cleared_by_a_person_who_types_its_name(cli: Cli) -> None:
    with claimed(cli) as claims:
        (row,) = cli("claims", "list").body["claims"]
        assert (row["resource"], row["operation"], row["alone"]) == (RESOURCE, "change_state", True)
        assert RESOURCE in cli.text("claims", "list")
        piped = cli("claims", "clear", RESOURCE, stdin=f"{RESOURCE}\n")
        assert (piped.code, piped.body["code"]) == (1, "no_person")
        wrong = cli.run_in_terminal("claims", "clear", RESOURCE, answers=[("type", "yes")])
        assert wrong.code == 1
        assert len(claims.list_claims()) == 1
        done = cli.run_in_terminal("claims", "clear", RESOURCE, answers=[("type", RESOURCE)])
        assert done.code == 0
        assert claims.list_claims() == []


def test_what_nobody_claims_cannot_be_cleared(cli: Cli) -> None:
    assert cli("claims", "clear", "document/7").body["code"] == "claim_unknown"
