"""Look-ups that earlier calls made are not made again, and no check relies on one that is no longer true."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import httpx2
import pytest
import sqlalchemy as sql

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.i18n.messages import verbatim
from ix_tools.idempotency.journal import Journal
from ix_tools.pipeline import catalogue_lookup, lookup_memory
from ix_tools.pipeline.seen_records import SeenRecords
from ix_tools.sandbox.rows import Client, Item, Tax
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from ix_tools.storage.lookup_rows import CATALOGUE, TAXES, CatalogueState
from ix_tools.storage.lookup_transactions import LookupChanges, begin_changes, finish_changes
from ix_tools.storage.lookups import Lookups
from ix_tools.storage.schema import catalogue_items, lookups
from tests.harness import Harness, document_arguments, execute, guide, invoice, line, warnings_by_field

IVA23 = 31554
"""Id of the tax in the sandbox."""
MANY_ITEMS, MANY_CLIENTS = 10_000, 20_000


def fill_account(box: Sandbox, items: int = MANY_ITEMS, clients: int = MANY_CLIENTS) -> None:
    """Write items and clients into the sandbox's database, as thousands of requests would."""
    books = box.backend.open_books()
    item = json.dumps(asdict(Item(0, "Artigo 0", "", "10", "unit", tax_id=IVA23)))
    client = json.dumps(asdict(Client(0, "Cliente 0", "C0")))
    with books.store.transaction():
        for table, number, first, template in (
            ("items", items, 402321, item),
            ("clients", clients, 501, client),
        ):
            start = books.store.next_id(table, first=first, step=number) - number + 1 if number else 0
            rows = (
                (
                    start + at,
                    template.replace('": 0,', f'": {start + at},')
                    .replace(' 0"', f' {at}"')
                    .replace("C0", f"C{at}"),
                )
                for at in range(number)
            )
            books.store._db.executemany(f"INSERT INTO {table} (id, body) VALUES (?, ?)", rows)


def read_catalogue(box: Sandbox) -> dict[str, Item]:
    """Return the sandbox's items by name."""
    return {one.name: one for one in box.backend.open_books().store.find(Item)}


def edit(box: Sandbox, kind: type[Any], number: int, **changes: Any) -> None:
    """Change a record behind our back, as somebody does in InvoiceXpress's own pages."""
    store = box.backend.open_books().store
    with store.transaction():
        row = store.get(kind, number)
        assert row is not None
        store.save(kind(**{**asdict(row), **changes}))


def count(harness: Harness) -> int:
    """Return the number of requests since the last count."""
    number = len(harness.sandbox.requests())
    harness.sandbox.clear_requests()
    return number


def count_by_path(harness: Harness) -> Counter[str]:
    """Return the requests since the last count by path."""
    found = Counter(one["path"] for one in harness.sandbox.requests())
    harness.sandbox.clear_requests()
    return found


async def grow_old(harness: Harness, seconds: float) -> None:
    """Let everything that is remembered be older by so many seconds."""
    with harness.context.store.writing() as connection:
        connection.execute(lookups.update().values(read_at=lookups.c.read_at - seconds))
        connection.execute(catalogue_items.update().values(read_at=catalogue_items.c.read_at - seconds))


async def grow_names_old(harness: Harness, seconds: float) -> None:
    """Let the reading of the whole catalogue be older by so many seconds."""
    of_catalogue = lookups.c.name == CATALOGUE
    with harness.context.store.writing() as connection:
        state = json.loads(connection.execute(sql.select(lookups.c.content).where(of_catalogue)).scalar_one())
        state["filled_at"] -= seconds
        connection.execute(lookups.update().where(of_catalogue).values(content=json.dumps(state)))


@pytest.fixture
async def warm(harness: Harness) -> Harness:
    """A harness after one draft."""
    await harness.create_draft()
    harness.sandbox.clear_requests()
    return harness


# --- counts --------------------------------------------------------------------------------------------------


async def test_a_second_draft_costs_item_request_and_read_back(harness: Harness) -> None:
    await harness.create_draft()
    assert count(harness) == 6
    await harness.create_draft()
    assert count(harness) == 3
    await harness.create_draft(items=[line(name="Outra coisa", unit_price=7)])
    assert count(harness) == 3
    await harness.create_draft(items=[line(name=name, unit_price=7) for name in ("Outra coisa", "A", "B")])
    assert count(harness) == 3, "one page has all items"
    await harness.create_draft(client={"name": "ACME, Lda"})
    assert count(harness) == 3
    await harness.create_draft(client={"code": "ACME", "fiscal_id": "508112230"})
    assert count(harness) == 4, "a number that is given must equal what is stored now"
    assert (await harness.call("create_guide", guide()))["ok"]
    assert count(harness) == 4, "a guide has no unique id, so the newest one is read before"


async def test_ten_thousand_items_and_twenty_thousand_clients_cost_the_same(harness: Harness) -> None:
    fill_account(harness.sandbox)
    told: list[tuple[float, float, str]] = []

    async def progress(done: float, total: float, text: str) -> None:
        told.append((done, total, text))

    await execute(harness.context, "create_invoice", invoice(), progress=progress)
    assert count_by_path(harness)["/items.json"] == 101
    assert [one[0] for one in told] == sorted(one[0] for one in told)
    assert told[-1] == (1.0, 1, "reading the catalogue of items: page 101 of 101")
    await harness.create_draft(items=[line(name="Artigo 9999", unit_price=10, unit="unit")])
    assert count(harness) == 3
    found = await harness.get_refusal(
        "create_invoice", invoice(items=[line(name="Artigo 9998", unit_price=11, unit="unit")])
    )
    assert "price 10 becomes 11" in found["items.0"]
    count(harness)
    await grow_old(harness, lookup_memory.MAX_AGE_SECONDS)
    await harness.create_draft(items=[line(name="Artigo 5000", unit_price=10, unit="unit")])
    paths = count_by_path(harness)
    assert paths["/items.json"] == 0
    assert sum(paths.values()) == 5, "taxes, series; this item, request, read-back"
    made = await harness.call("create_invoice", invoice(items=[line(name="Nunca visto", unit_price=10)]))
    assert "items" not in warnings_by_field(made)
    assert count(harness) == 3
    await grow_names_old(harness, lookup_memory.MAX_AGE_SECONDS)
    made = await harness.call("create_invoice", invoice(items=[line(name="Nem este", unit_price=10)]))
    assert "would be overwritten" in warnings_by_field(made)["items"]
    assert count(harness) == 3
    await harness.create_draft(items=[line(name=f"Artigo {at}", unit_price=10, unit="unit") for at in (7, 8)])
    assert count(harness) == 4, "two items, each by its id"


async def finalize(harness: Harness, draft: dict[str, Any]) -> dict[str, Any]:
    """Finalize a document, with a question and its answer."""
    done: dict[str, Any] = await harness.call("change_state", document_arguments(draft, state="finalized"))
    return done


async def test_finalizing_costs_six_requests_and_a_note_nine(harness: Harness) -> None:
    """Question: the draft. Answer: draft and client once more, the request, draft and client read back."""
    issued = (await finalize(harness, await harness.create_draft()))["document"]
    draft = await harness.create_draft()
    count(harness)
    await finalize(harness, draft)
    assert count_by_path(harness) == {
        f"/invoices/{draft['id']}.json": 3,
        "/clients/501.json": 2,
        f"/invoices/{draft['id']}/change-state.json": 1,
    }
    for number, (cost, kind) in enumerate([(11, "first"), (9, "second")]):
        owned = {"document_type": "credit_notes", "owner_invoice_id": issued["id"]}
        made = await harness.call(
            "create_invoice", invoice(**owned, items=[line(quantity="0.1")], reference=kind)
        )
        assert count(harness) == 5
        await finalize(harness, made["document"])
        assert count(harness) == cost, number
    for cost in (8, 6):
        moved = await harness.call("create_guide", guide(reference=str(cost)))
        count(harness)
        await finalize(harness, moved["document"])
        assert count(harness) == cost


async def test_issuing_costs_nine_requests_and_one_more_for_each_time_the_pdf_is_not_ready(
    harness: Harness,
) -> None:
    await finalize(harness, await harness.create_draft())
    for polls in (0, 1):
        harness.sandbox.set_option("pdf_polls", polls)
        count(harness)
        done = await harness.call("issue_invoice", invoice(reference=f"B{polls}"))
        assert done["document"]["status"] == "final"
        assert count(harness) == 9 + polls


async def test_the_expected_number_counts_what_was_issued_since_the_series_were_looked_up(
    harness: Harness,
) -> None:
    for number in (1, 2, 3):
        draft = await harness.create_draft()
        text = await harness.get_approval_text("change_state", document_arguments(draft, state="finalized"))
        assert f"{number}/2026" in text
        assert (await finalize(harness, draft))["document"]["number"] == f"{number}/2026"


async def test_a_new_client_with_a_number_costs_the_same_among_twenty_thousand(harness: Harness) -> None:
    fill_account(harness.sandbox, items=0)
    new = {"name": "Nova, Lda", "code": "NOVA", "fiscal_id": "501442600"}
    assert (await harness.call("create_client", new))["ok"]
    assert count_by_path(harness)["/clients.json"] == 4, (
        "the first page, two spellings, and the request itself"
    )
    again = await harness.get_refusal("create_client", {**new, "name": "Outra, Lda", "code": "OUTRA"})
    assert "501442600 is already the number of 'Nova, Lda'" in again["fiscal_id"]
    edit(harness.sandbox, Client, 20_400, fiscal_id="PT508025338")
    other = await harness.get_refusal(
        "create_client", {**new, "code": "X", "name": "X", "fiscal_id": "508025338"}
    )
    assert "Cliente" in other["fiscal_id"]


async def test_without_the_setting_everything_is_looked_up_for_every_document(harness: Harness) -> None:
    settings = harness.context.settings.model_copy(update={"remember_lookups": False})
    harness.context = replace(harness.context, settings=settings)
    for _ in range(2):
        await harness.create_draft()
        assert count(harness) == 6
    with harness.context.store.reading() as connection:
        assert connection.execute(sql.select(lookups)).all() == []
        assert connection.execute(sql.select(catalogue_items)).all() == []


async def test_a_catalogue_longer_than_one_call_reads_goes_on_in_the_next(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_lookup, "PAGES_PER_CALL", 5)
    fill_account(harness.sandbox, items=1200, clients=0)
    first = await harness.call("create_invoice", invoice())
    assert "catalogue items were not read" in warnings_by_field(first)["items"]
    assert count_by_path(harness)["/items.json"] == 5
    second = await harness.call("create_invoice", invoice(reference="B"))
    assert "items" in warnings_by_field(second)
    assert count_by_path(harness)["/items.json"] == 5
    third = await harness.call("create_invoice", invoice(reference="C"))
    assert "items" not in warnings_by_field(third)
    assert count_by_path(harness)["/items.json"] == 3
    await harness.create_draft(items=[line(name="Artigo 1", unit_price=10, unit="unit")])
    assert count(harness) == 3


# --- what somebody else changes meanwhile ---------------------------------------------------------------------


async def test_a_write_of_ours_is_known_at_once(warm: Harness) -> None:
    tax = await warm.call("create_tax", {"name": "IVA6B", "value": 6, "region": "PT", "code": "RED"})
    assert (await warm.create_draft(items=[line(name="X", tax="IVA6B")]))["taxes"] == "6.00"
    assert (await warm.call("delete_tax", {"tax_id": tax["tax"]["id"]}))["deleted"]
    await warm.get_refusal("create_invoice", invoice(items=[line(name="Y", tax="IVA6B")]))
    made = await warm.call(
        "create_item", {"name": "Novo", "description": "n", "unit_price": 5, "tax": "IVA23"}
    )
    found = await warm.get_refusal("create_invoice", invoice(items=[line(name="Novo", unit_price=6)]))
    assert "price 5 becomes 6" in found["items.0"]
    number = made["item"]["id"]
    await warm.call("update_item", {"item_id": number, "name": "Novíssimo", "unit_price": 8})
    found = await warm.get_refusal("create_invoice", invoice(items=[line(name="Novíssimo", unit_price=6)]))
    assert "price 8 becomes 6" in found["items.0"]
    assert (await warm.create_draft(items=[line(name="Novo", unit_price=1)]))["id"], (
        "nothing is called so now"
    )
    await warm.call("delete_item", {"item_id": number})
    assert (await warm.create_draft(items=[line(name="Novíssimo", unit_price=1)]))["id"]


async def test_a_line_that_overwrote_an_item_is_what_the_next_one_is_compared_with(warm: Harness) -> None:
    await warm.create_draft(items=[line(unit_price=120)], accept=["overwrite_items"])
    count(warm)
    await warm.create_draft(items=[line(unit_price=120)])
    assert count(warm) == 3
    assert "price 120 becomes 100" in (await warm.get_refusal("create_invoice", invoice()))["items.0"]


# Each case: what somebody changes, the call that comes next, and what is said or stored.


def add_tax(box: Sandbox) -> None:
    box.backend.open_books().store.save(Tax(990, "IVA13B", "13", "PT", "INT"))


def drop_tax(box: Sandbox) -> None:
    store = box.backend.open_books().store
    store.delete(store.find(Tax, name="IVA6")[0])


def set_rate(box: Sandbox) -> None:
    edit(box, Tax, 31556, value="5")


def set_price(box: Sandbox) -> None:
    edit(box, Item, read_catalogue(box)["Consultoria"].id, unit_price="75")


def set_text(box: Sandbox) -> None:
    edit(box, Item, read_catalogue(box)["Consultoria"].id, description="Outra", unit_price="75")


def add_and_drop_items(box: Sandbox) -> None:
    add_item(box)
    store = box.backend.open_books().store
    store.delete(next(one for one in store.find(Item) if one.name not in {"Aparelho", "Consultoria"}))


def add_item(box: Sandbox) -> None:
    box.backend.open_books().store.save(Item(990_000, "Aparelho", "", "1", "", IVA23))


def rename_item(box: Sandbox) -> None:
    edit(box, Item, read_catalogue(box)["Artigo 30"].id, name="Aparelho")


CHEAP = line(name="Consultoria", description="Consultoria técnica", unit_price=50, unit="hour")
DIFFERENT = "stored_differently"
ASKED = "acceptance_needed"


@pytest.mark.parametrize(
    ("change", "item", "at_once", "later"),
    [
        (add_tax, line(name="X", tax="IVA13B"), "", ""),
        (drop_tax, line(name="X", tax="IVA6"), DIFFERENT, "refused"),
        (set_rate, line(name="X", tax="IVA6"), DIFFERENT, ASKED),
        (set_price, CHEAP, ASKED, ASKED),
        (set_text, {**CHEAP, "unit_price": 75}, ASKED, ASKED),
        (add_item, line(name="Aparelho"), ASKED, ASKED),
        (add_and_drop_items, line(name="Aparelho"), ASKED, ASKED),
    ],
)
@pytest.mark.parametrize("items", [0, 400])
async def test_a_change_elsewhere_is_noticed_before_it_is_overwritten_or_after_the_write(
    warm: Harness,
    change: Callable[[Sandbox], None],
    item: dict[str, Any],
    at_once: str,
    later: str,
    items: int,
) -> None:
    """What decides money is found by the read-back. An item's own price is not, so items are read for every document."""
    await start_anew(warm, items)
    change(warm.sandbox)
    assert await get_code(warm, item) == at_once
    warm.sandbox.reset()
    await start_anew(warm, items)
    change(warm.sandbox)
    await grow_old(warm, lookup_memory.MAX_AGE_SECONDS)
    await grow_names_old(warm, lookup_memory.MAX_AGE_SECONDS)
    assert await get_code(warm, item) == later


@pytest.mark.parametrize(
    ("items", "age", "code"), [(50, 0, "ask"), (400, 0, ""), (400, 600, "ask"), (1200, 600, "")]
)
async def test_an_item_that_gets_the_name_of_a_new_line_is_noticed_unless_all_names_were_just_read(
    warm: Harness, items: int, age: float, code: str
) -> None:
    """In an account with more items than are read for one document, the result says when all names were read."""
    await start_anew(warm, items)
    rename_item(warm.sandbox)
    await grow_names_old(warm, age)
    assert await get_code(warm, line(name="Aparelho")) == (ASKED if code else "")


async def test_a_catalogue_that_others_add_to_is_not_read_again_for_it(warm: Harness) -> None:
    await start_anew(warm, 400)
    for number in range(3):
        warm.sandbox.backend.open_books().store.save(Item(990_000 + number, f"N{number}", "", "1", "", IVA23))
        count(warm)
        assert await get_code(warm, line(name=f"X{number}")) == ""
        assert count(warm) == 3
    assert await get_code(warm, line(name="N1", unit_price=9)) == ASKED


async def test_drafts_of_new_lines_in_quick_succession_do_not_wait_for_the_list(warm: Harness) -> None:
    """A list shows new items some seconds later (trap 23)."""
    await start_anew(warm, 400)
    shown = httpx2.get(
        f"{warm.sandbox.base_url}/items.json",
        params={"api_key": warm.sandbox.api_key, "page": 5, "per_page": 100},
        timeout=100,
    ).json()
    warm.sandbox.fault("GET", "/items.json", status=200, body=shown, times=9)
    for name in ("X1", "X2", "X1"):
        count(warm)
        assert await get_code(warm, line(name=name)) == ""
        assert count(warm) == 3
    assert await get_code(warm, line(name="X1", unit_price=9)) == ASKED


def rename_client(box: Sandbox) -> None:
    edit(box, Client, 501, name="ACME Norte, Lda")


def move_code(box: Sandbox) -> None:
    edit(box, Client, 501, code="ACME2")
    box.backend.open_books().store.save(Client(9_000, "Outra, Lda", "ACME"))


def drop_client(box: Sandbox) -> None:
    store = box.backend.open_books().store
    store.delete(next(one for one in store.find(Client) if one.id == 501))


def set_phone(box: Sandbox) -> None:
    edit(box, Client, 501, phone="220000000")


@pytest.mark.parametrize(
    ("change", "code"),
    [(rename_client, DIFFERENT), (move_code, DIFFERENT), (drop_client, DIFFERENT), (set_phone, "")],
)
async def test_a_client_that_changed_meanwhile_is_found_by_the_read_back_and_read_the_next_time(
    warm: Harness, change: Callable[[Sandbox], None], code: str
) -> None:
    change(warm.sandbox)
    assert await get_code(warm, line()) == code
    if code:
        count(warm)
        await warm.call("create_invoice", invoice(client={"code": "ACME"}))
        assert count_by_path(warm)["/clients/find-by-code.json"] == 1


async def start_anew(harness: Harness, items: int) -> None:
    """Forget everything, and look up an account with that many items."""
    fill_account(harness.sandbox, items=items, clients=0)
    with harness.context.store.writing() as connection:
        connection.execute(lookups.delete())
        connection.execute(catalogue_items.delete())
    await harness.create_draft()


async def get_code(harness: Harness, item: dict[str, Any]) -> str:
    """Return the code of the error that a draft with this line ends with; empty if none."""
    try:
        await harness.create_draft(items=[item])
    except IxError as failure:
        return str(failure.code)
    return ""


async def test_a_price_that_a_line_takes_from_the_catalogue_is_the_present_one(warm: Harness) -> None:
    """Nothing would show an old one: the document says what the line says."""
    set_price(warm.sandbox)
    made = await warm.create_draft(items=[{"name": "Consultoria", "quantity": 1}])
    assert made["before_taxes"] == "75.00"


async def test_a_read_back_that_differs_makes_the_next_call_look_again(warm: Harness) -> None:
    set_rate(warm.sandbox)
    assert await get_code(warm, line(name="X", tax="IVA6")) == DIFFERENT
    assert await get_code(warm, line(name="Y", tax="IVA6")) == ASKED


async def test_a_refusal_of_invoicexpress_makes_the_next_call_look_again(warm: Harness) -> None:
    warm.sandbox.fault(
        "POST", "/invoices.json", status=422, body={"errors": [{"error": "Nome não está disponível"}]}
    )
    assert await get_code(warm, line()) != ""
    warm.sandbox.clear_faults()
    count(warm)
    await warm.create_draft()
    assert count(warm) == 6


async def test_a_document_issued_elsewhere_is_not_passed_over(harness: Harness) -> None:
    """The series' last day is remembered; InvoiceXpress itself refuses an earlier date, and then it is looked up again."""
    await finalize(harness, await harness.create_draft())
    earlier = await harness.create_draft()
    later = await harness.create_draft(date="2026-11-25", due_date="2026-12-25")
    key = {"api_key": harness.sandbox.api_key}
    path = f"{harness.sandbox.base_url}/invoices/{later['id']}/change-state.json"
    assert httpx2.put(path, params=key, json={"invoice": {"state": "finalized"}}).status_code == 200
    refused = await harness.get_error("change_state", document_arguments(earlier, state="finalized"))
    assert (refused.code, refused.sent) != ("", "stored")
    assert (await harness.read_document(earlier))["status"] == "draft"
    said = await harness.get_refusal("change_state", document_arguments(earlier, state="finalized"))
    assert "2026-11-25" in said["date"]


async def test_the_catalogue_is_read_again_whole_after_a_day(harness: Harness) -> None:
    await start_anew(harness, 1200)
    rename_item(harness.sandbox)
    await grow_names_old(harness, catalogue_lookup.COPY_SECONDS)
    assert await get_code(harness, line(name="Aparelho")) == ASKED
    assert await get_code(harness, line(name="Artigo 30")) == "", "its old name is free"


# --- several processes, and a store that fails ----------------------------------------------------------------


def open_other(harness: Harness) -> Harness:
    """Return a harness as another process has it: the same store file, nothing else."""
    assert harness.context.store.file is not None
    store = Store(harness.context.store.file)
    parts: dict[str, Any] = {
        "store": store,
        "approvals": ApprovalRepository(store, 15),
        "journal": Journal(store, 240.0),
        "seen": SeenRecords(),
        "_shown": {},
    }
    return Harness(harness.sandbox, replace(harness.context, **parts))


async def test_another_process_uses_what_the_first_one_looked_up_and_notices_what_it_changes(
    warm: Harness,
) -> None:
    other = open_other(warm)
    await other.create_draft()
    assert count(other) == 4, "clients are remembered by each process alone"
    await other.call("update_item", {"item": "Consultoria", "unit_price": 80})
    await other.call("create_tax", {"name": "IVA6B", "value": 6, "region": "PT", "code": "RED"})
    assert await get_code(warm, CHEAP) == ASKED
    assert await get_code(warm, line(name="X", tax="IVA6B")) == ""
    other.context.store.close()


def test_a_look_up_that_began_before_a_write_is_not_kept(place: str) -> None:
    store = Store(place)
    mine = Lookups(store, "a")
    before = mine.recall(TAXES)[TAXES]
    with store.writing() as connection:
        begin_changes(connection, "a", "i1", LookupChanges(frozenset({TAXES})), store.now(connection))
    assert not mine.keep(TAXES, before.generation, ["old"], time.monotonic())
    during = mine.recall(TAXES)[TAXES]
    with store.writing() as connection:
        finish_changes(
            connection, "a", "i1", LookupChanges(frozenset({TAXES})), "done", store.now(connection)
        )
    assert not mine.keep(TAXES, during.generation, ["old"], time.monotonic())
    after = mine.recall(TAXES)[TAXES]
    assert mine.keep(TAXES, after.generation, ["new"], time.monotonic())
    assert mine.recall(TAXES)[TAXES].content == ["new"]
    assert Lookups(store, "b").recall(TAXES)[TAXES].content is None, "another account"
    store.close()


@pytest.mark.parametrize("state", ["done", "refused", "unknown"])
def test_an_item_that_a_document_writes_is_unsure_until_its_outcome_is_known(place: str, state: str) -> None:
    store = Store(place)
    mine = Lookups(store, "a")
    mine.keep_state(CatalogueState(1, filled_at=1.0), 0, time.monotonic())
    mine.keep_items({"Known": {"id": 7, "name": "Known", "unit_price": "1"}}, time.monotonic())
    written = LookupChanges(
        items={"Known": {"name": "Known", "unit_price": "2"}, "New": {"name": "New", "unit_price": "3"}}
    )
    with store.writing() as connection:
        begin_changes(connection, "a", "i1", written, store.now(connection))
    found = mine.recall_items(["Known", "New"])
    assert all(one.is_unsure for one in found.values())
    assert found["New"].content is None
    began = time.monotonic()
    mine.keep_items(
        {"Known": {"id": 7, "name": "Known", "unit_price": "1"}}, began
    )  # read while the write is under way
    assert mine.recall_items(["Known"])["Known"].is_unsure
    with store.writing() as connection:
        finish_changes(connection, "a", "i1", written, state, store.now(connection))
    found = mine.recall_items(["Known", "New"])
    prices = {name: (one.content or {}).get("unit_price") for name, one in found.items()}
    total = mine.recall(CATALOGUE)[CATALOGUE].content["total"]
    expected: dict[str, Any] = {
        "done": ({"Known": "2", "New": "3"}, 2, False),
        "refused": ({"Known": "1"}, 1, False),
        "unknown": ({"Known": "1", "New": None}, 1, True),
    }
    assert (prices, total, found["Known"].is_unsure) == expected[state]
    assert found["Known"].item_id == 7
    store.close()


@pytest.mark.parametrize(
    "broken", ["recall", "keep", "recall_items", "keep_items", "keep_state", "count_items"]
)
async def test_a_store_that_fails_means_that_nothing_is_remembered(
    warm: Harness, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: Any) -> Any:
        raise StoreUnavailable(verbatim("the disk is full"))

    await grow_old(warm, lookup_memory.MAX_AGE_SECONDS)
    monkeypatch.setattr(Lookups, broken, fail)
    for name in ("A", "B"):
        assert await get_code(warm, line(name=name)) == ""
    assert await get_code(warm, {**CHEAP, "unit_price": 51}) == ASKED


async def test_no_name_and_number_of_a_client_is_remembered_in_the_store(warm: Harness) -> None:
    await finalize(warm, await warm.create_draft())
    with warm.context.store.reading() as connection:
        rows = [
            *connection.execute(sql.select(lookups.c.content)),
            *connection.execute(sql.select(catalogue_items.c.content)),
        ]
    kept = " ".join(str(row[0]) for row in rows)
    assert "Revisão" in kept.encode().decode("unicode_escape")
    assert "ACME" not in kept
    assert "508112230" not in kept
