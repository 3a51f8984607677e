"""Names instead of ids: a certain match is used; otherwise candidates are returned and nothing is sent.

Source: contract A6 to A8; traps 2, 3 and 9; readings 14 and 22.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ix_tools.approvals.repository import Reply
from ix_tools.errors import ApprovalRefused
from ix_tools.sandbox import rows, seeds
from tests.harness import (
    SERIES,
    ApprovalNeeded,
    Harness,
    Json,
    document_arguments,
    execute,
    guide,
    invoice,
    line,
    warnings_by_field,
)

NEW = {"name": "Café São João, Lda", "code": "C-77", "fiscal_id": "PT 508 025 338"}
ENTRY = {"value": 10, "date": "2026-11-20"}


def planted(harness: Harness, *things: Any) -> None:
    """Put rows into the sandbox unchecked, also rows that it would not accept today."""
    store = harness.sandbox.backend.store
    with store.transaction():
        for one in things:
            store.save(one)


def client(number: int, name: str, code: str, fiscal_id: str = "") -> rows.Client:
    return rows.Client(number, name, code, country="Portugal", fiscal_id=fiscal_id)


def many(harness: Harness, count: int) -> None:
    planted(harness, *(client(1000 + at, f"Cliente {at:03}", f"N{at:03}") for at in range(count)))


def named(error: Json, field: str) -> list[Any]:
    """Return the names of the candidates for a field."""
    found = [one for one in error.get("candidates", []) if one["field"] == field]
    return [one.get("name", one.get("serie")) for one in found]


async def unsure(harness: Harness, name: str, arguments: Json, field: str) -> Json:
    """Return the refusal of an ambiguous name, after checking its form."""
    found = await harness.get_refusal(name, arguments)
    assert field in found
    return (await harness.get_error(name, arguments)).as_dict()


# --- clients -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["ACME", "ACME, Lda", "ACME,  Lda", "508112230", "PT508112230", "pt 508 112 230", "508.112.230"]
)
async def test_a_client_is_found_by_code_exact_name_or_nif(harness: Harness, text: str) -> None:
    assert (await harness.call("get_client", {"client": text}))["client"]["id"] == 501


async def test_a_number_from_abroad_is_compared_without_its_separators(harness: Harness) -> None:
    assert (await harness.call("get_client", {"client": "de 123 456 788"}))["client"]["id"] == 502


@pytest.mark.parametrize("text", ["acme", "acme, lda", "Acme", "Lda", "ACNE, Lda"])
async def test_a_similar_client_is_only_a_candidate(harness: Harness, text: str) -> None:
    error = await unsure(harness, "update_client", {"client": text, "phone": "1"}, "client")
    assert (error["code"], error["candidates"][0]["client_id"]) == ("ambiguous", 501)
    assert error["candidates"][0]["fiscal_id"] == "508112230"
    assert "client_id" in str(error["next"])


@pytest.mark.parametrize("text", ["Ninguém", "508025338", "9999", "  ", "\u200b"])
async def test_a_name_without_a_similar_client_is_refused_without_candidates(
    harness: Harness, text: str
) -> None:
    error = (await harness.get_error("delete_client", {"client": text})).as_dict()
    assert "candidates" not in error
    assert harness.list_writes() == []


async def test_an_id_given_as_a_name_is_only_a_candidate(harness: Harness) -> None:
    error = await unsure(harness, "update_client", {"client": "502", "phone": "1"}, "client")
    assert named(error, "client") == ["Beta GmbH"]


async def test_a_name_with_other_accents_or_case_gives_candidates_and_the_exact_name_the_client(
    harness: Harness,
) -> None:
    made = (await harness.call("create_client", {**NEW, "fiscal_id": "508025338"}))["client"]
    error = await unsure(harness, "update_client", {"client": "cafe sao joao", "phone": "1"}, "client")
    assert named(error, "client") == ["Café São João, Lda"]
    assert (await harness.call("get_client", {"client": "Café São João, Lda"}))["client"] == made


async def test_the_last_page_counts_as_much_as_the_first(harness: Harness) -> None:
    many(harness, 230)
    planted(harness, client(5000, "Última, Lda", "U-1", "508025338"))
    for text in ("Última, Lda", "508025338", "U-1", "Cliente 229"):
        assert (await harness.call("get_client", {"client": text}))["ok"]
    error = await unsure(harness, "update_client", {"client": "ultima", "phone": "1"}, "client")
    assert named(error, "client") == ["Última, Lda"]
    error = await unsure(harness, "get_client", {"client": "Cliente"}, "client")
    assert (len(error["candidates"]), "and 220 more" in error["problems"][0]["allowed"]) == (10, True)


async def test_only_a_code_is_certain_if_not_every_page_may_be_read(harness: Harness) -> None:
    many(harness, 150)
    settings = harness.context.settings.model_copy(update={"catalogue_pages": 1})
    short = replace(harness, context=replace(harness.context, settings=settings))
    assert (await short.call("get_client", {"client": "N149"}))["client"]["name"] == "Cliente 149"
    for text in (
        "ACME, Lda",
        "Cliente 149",
        "508112230",
    ):  # on the first page, or found by InvoiceXpress itself
        error = await unsure(short, "update_client", {"client": text, "phone": "1"}, "client")
        assert "52 clients not read" in error["message"]
        assert named(error, "client")
    error = await unsure(
        short, "create_invoice", invoice(client={"fiscal_id": "508112230"}), "client.fiscal_id"
    )
    assert "not read" in error["message"]


async def test_two_clients_with_the_same_name_or_number_are_both_candidates(harness: Harness) -> None:
    twins = [client(601, "Gémeos, Lda", "G1", "508025338"), client(602, "Gémeos, Lda", "G2", "508025338")]
    planted(harness, *twins)
    for text in ("Gémeos, Lda", "PT508025338"):
        error = await unsure(harness, "delete_client", {"client": text}, "client")
        assert [one["client_id"] for one in error["candidates"]] == [601, 602]
        assert "2 clients match" in error["message"]
    error = await unsure(harness, "find_client", {"fiscal_id": "508025338"}, "fiscal_id")
    assert [one["client_id"] for one in error["candidates"]] == [601, 602]
    assert (await harness.call("delete_client", {"client": "G2"}))["deleted"] == "client 602 (Gémeos, Lda)"


async def test_a_code_that_is_another_clients_tax_number_is_not_certain(harness: Harness) -> None:
    planted(harness, client(601, "Antiga, Lda", "508112230", "508025338"))
    error = await unsure(harness, "get_client", {"client": "508112230"}, "client")
    assert [one["client_id"] for one in error["candidates"]] == [501, 601]
    assert (await harness.call("get_client", {"client_id": 601}))["ok"]


async def test_a_client_deleted_after_the_look_up_is_not_found(harness: Harness) -> None:
    stale = harness.read_raw("/clients/502.json")
    await harness.call("delete_client", {"client_id": 502})
    harness.sandbox.fault("GET", "find-by-code", status=200, body=stale)
    before = len(harness.list_writes())
    error = await harness.get_error("update_client", {"client": "BETA", "phone": "1"})
    assert str(error) == "There is no client with the id 502. Nothing was sent."
    assert len(harness.list_writes()) == before


async def test_a_failed_look_up_resolves_no_name(harness: Harness) -> None:
    harness.sandbox.fault("GET", "find-by-code", times=None, status=502)
    error = await harness.get_error("update_client", {"client": "ACME", "phone": "1"})
    assert (error.code, error.sent, harness.list_writes()) == ("unavailable", "nothing", [])


CLIENT_CALLS: list[tuple[str, Json]] = [
    ("get_client", {}),
    ("list_client_invoices", {}),
    ("update_client", {"phone": "220000001"}),
    ("get_client_balance", {}),
    ("set_initial_balance", ENTRY),
    ("list_regularizations", {}),
    ("create_regularization", ENTRY),
    ("create_treasury_movement", {**ENTRY, "movement_type": "Payment", "serie": "2026"}),
]


async def test_every_call_about_a_client_accepts_a_name_or_an_id(harness: Harness) -> None:
    await harness.create_issued()
    for name, arguments in CLIENT_CALLS:
        by_id = await harness.call(name, {**arguments, "client_id": 501})
        await harness.call(name, {**arguments, "client": "ACME, Lda"})
        assert by_id["ok"], name
        assert "501" in harness.sandbox.requests()[-1]["path"]
    entry = (await harness.call("list_regularizations", {"client": "ACME"}))["regularization"][0]
    gone = {"client": "ACME", "regularization_id": entry["id"]}
    assert (await harness.call("delete_regularization", gone))["ok"]
    made = await harness.call(
        "create_treasury_movement", {**ENTRY, "movement_type": "Payment", "client": "ACME"}
    )
    number = made["treasury_movement"]["id"]
    assert (
        await harness.call("delete_treasury_movement", {"client": "ACME", "treasury_movement_id": number})
    )["ok"]


@pytest.mark.parametrize(
    ("name", "arguments", "field"),
    [
        ("get_client", {}, "client_id"),
        ("get_client", {"client": "ACME", "client_id": 501}, "client"),
        ("get_sequence", {}, "sequence_id"),
        ("get_item", {"item": "Consultoria", "item_id": 402321}, "item"),
        ("get_tax", {}, "tax_id"),
        ("create_invoice", invoice(series="2026", sequence_id=70000), "series"),
        ("find_client", {}, "code"),
    ],
)
async def test_a_call_takes_a_name_or_an_id_but_not_both(
    harness: Harness, name: str, arguments: Json, field: str
) -> None:
    assert field in await harness.get_refusal(name, arguments)
    assert harness.sandbox.requests() == []


@pytest.mark.parametrize(
    ("given", "field", "names"),
    [
        ({"name": "acme"}, "client.name", ["ACME, Lda"]),
        ({"code": "acme"}, "client.code", ["ACME, Lda"]),
        ({"name": "Outra", "fiscal_id": "508112230"}, "client.name", ["ACME, Lda"]),
        ({"code": "Z", "fiscal_id": "508112230"}, "client.code", ["ACME, Lda"]),
        ({"fiscal_id": "508025338"}, "client.fiscal_id", []),
    ],
)
async def test_an_incomplete_client_is_not_created_and_candidates_are_returned(
    harness: Harness, given: Json, field: str, names: list[str]
) -> None:
    error = await unsure(harness, "create_invoice", invoice(client=given), field)
    assert named(error, field) == names
    assert error["code"] == ("ambiguous" if names else "refused")


async def test_a_name_that_is_the_code_of_the_only_client_like_it_is_that_client(harness: Harness) -> None:
    made = await harness.call("create_invoice", invoice(client={"name": "ACME"}))
    assert made["document"]["client"]["id"] == 501
    assert warnings_by_field(made)["client.name"] == "'ACME' is read as ACME, Lda, whose code it is"
    await harness.call("create_client", {"name": "ACME Norte, Lda", "code": "NORTE"})
    again = invoice(client={"name": "ACME"}, reference="2")
    error = await unsure(harness, "create_invoice", again, "client.name")
    assert named(error, "client.name") == ["ACME, Lda", "ACME Norte, Lda"]
    assert [one["field"] for one in error["problems"]] == ["client.name"], (
        "no word of what a new client needs"
    )


@pytest.mark.parametrize(("field", "text"), [("name", "acme, lda"), ("code", "acme")])
async def test_a_client_found_by_a_code_in_other_letters_is_only_a_candidate(
    harness: Harness, field: str, text: str
) -> None:
    """Databases compare without case, so the client found may not be the one named."""
    acme = harness.read_raw("/clients/501.json")
    harness.sandbox.fault("GET", f"find-by-{field}", times=None, status=200, body=acme)
    error = await unsure(harness, "create_invoice", invoice(client={field: text}), f"client.{field}")
    assert named(error, f"client.{field}") == ["ACME, Lda"]


@pytest.mark.parametrize("fiscal_id", ["508112230", "PT508112230", "508 112 230"])
async def test_a_document_finds_its_client_by_tax_number_alone(harness: Harness, fiscal_id: str) -> None:
    for name, arguments in (
        ("create_invoice", invoice()),
        ("create_estimate", {**invoice(), "document_type": "quotes"}),
        ("create_guide", guide()),
    ):
        made = await harness.call(name, {**arguments, "client": {"fiscal_id": fiscal_id}})
        assert made["document"]["client"]["id"] == 501
        assert {"id": "501", "code": "ACME"}.items() <= harness.get_last_body()["client"].items()


async def test_a_tax_number_of_two_clients_bills_neither(harness: Harness) -> None:
    planted(harness, client(601, "Filial, Lda", "F1", "508112230"))
    error = await unsure(
        harness, "create_invoice", invoice(client={"fiscal_id": "508112230"}), "client.fiscal_id"
    )
    assert [one["id"] for one in error["candidates"]] == [501, 601]
    assert "client.id" in str(error["next"])
    made = await harness.call("create_invoice", invoice(client={"id": 601}))
    assert made["document"]["client"]["name"] == "Filial, Lda"


async def test_a_draft_can_be_moved_to_another_client_by_tax_number(harness: Harness) -> None:
    draft = await harness.create_draft(client={"code": "BETA"})
    changed = await harness.call(
        "update_invoice", document_arguments(draft, client={"fiscal_id": "508112230"})
    )
    assert changed["document"]["client"]["name"] == "ACME, Lda"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"fiscal_id": "PT508112230"}, 501),
        ({"name": "Ninguém", "code": "NADA", "fiscal_id": "508112230"}, 501),
        ({"name": "ACME"}, None),
        ({"name": "beta"}, None),
        ({"code": "beta"}, None),
    ],
)
async def test_find_client_returns_one_client_or_candidates(
    harness: Harness, given: Json, found: int | None
) -> None:
    if found:
        assert (await harness.call("find_client", given))["client"]["id"] == found
    else:
        error = (await harness.get_error("find_client", given)).as_dict()
        assert (error["code"], error["sent"], len(error["candidates"])) == ("ambiguous", "nothing", 1)


# --- series --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["invoices", "simplified_invoices", "invoice_receipts"])
async def test_a_series_given_by_name_is_sent_with_its_id_for_the_document_type(
    harness: Harness, kind: str
) -> None:
    """Trap 9: the id differs by type."""
    made = await harness.call("create_invoice", invoice(document_type=kind, series="2026"))
    assert harness.get_last_body()["sequence_id"] == str(SERIES[kind])
    assert "series" not in harness.get_last_body()
    assert made["document"]["sequence_id"] == SERIES[kind]


async def test_guides_estimates_and_updates_take_a_series_by_name(harness: Harness) -> None:
    await harness.call("create_guide", guide(series="B2026"))
    assert harness.get_last_body()["sequence_id"] == str(SERIES["transports"] + 20)
    await harness.call("create_estimate", {**invoice(), "document_type": "quotes", "series": "B2026"})
    assert harness.get_last_body()["sequence_id"] == "70031"
    draft = await harness.create_draft()
    changed = await harness.call("update_invoice", document_arguments(draft, series="B2026"))
    assert changed["document"]["sequence_id"] == 70020


@pytest.mark.parametrize("text", ["b2026", "B 2026", "2027", "2", "A"])
async def test_neither_a_similar_series_nor_the_default_is_used(harness: Harness, text: str) -> None:
    error = await unsure(harness, "create_invoice", invoice(series=text), "series")
    assert set(named(error, "series")) == {"2026", "B2026"}
    assert (await harness.get_error("register_sequence", {"series": text})).code == "ambiguous"


async def test_the_exact_name_wins_over_similar_ones_and_a_repeated_name_is_not_certain(
    harness: Harness,
) -> None:
    planted(harness, seeds.build_sequence(70040, "b2026", default=False, registered=True))
    made = await harness.call("create_invoice", invoice(series="b2026"))
    assert made["document"]["sequence_id"] == 70040
    planted(harness, seeds.build_sequence(70060, "b2026", default=False, registered=True))
    error = await unsure(harness, "create_guide", guide(series="b2026"), "series")
    assert [one["sequence_id"] for one in error["candidates"][:2]] == [70056, 70076]
    assert (await harness.call("create_guide", guide(sequence_id=70076)))["ok"]


async def test_a_rule_about_a_named_record_speaks_of_the_name_and_a_missing_series_says_how_it_is_opened(
    harness: Harness,
) -> None:
    refused = await harness.get_refusal("register_sequence", {"series": "2026"})
    assert set(refused) == {"series"}
    assert set(await harness.get_refusal("register_sequence", {"sequence_id": 70000})) == {"sequence_id"}
    missing = await harness.get_error("register_sequence", {"series": "2027"})
    assert "create_sequence" in str(missing.next)


async def test_series_are_read_registered_renamed_and_made_the_default_by_name(harness: Harness) -> None:
    numbers = dict.fromkeys(
        ("current_invoice_number", "current_credit_note_number", "current_debit_note_number"), 0
    )
    assert (await harness.call("get_sequence", {"series": "B2026"}))["sequence"]["id"] == 70020
    assert (await harness.call("set_default_sequence", {"series": "B2026"}))["sequence"]["default"]
    renamed = await harness.call("update_sequence", {"series": "B2026", "serie": "C2026", **numbers})
    assert renamed["sequence"]["serie"] == "C2026"
    assert "C2026" in await harness.get_approval_text("register_sequence", {"series": "C2026"})
    assert (await harness.call("register_sequence", {"series": "C2026"}))["ok"]


@pytest.mark.parametrize("serie", ["2026", "70000", "70003"])
async def test_a_receipts_series_is_given_by_name_or_id(harness: Harness, serie: str) -> None:
    issued = await harness.create_issued()
    pay = {"amount": 1, "payment_mechanism": "NU", "payment_date": "2026-11-20", "serie": serie}
    await harness.call("generate_payment", document_arguments(issued, **pay))
    assert harness.get_last_body()["serie"] == "2026"


# --- items and taxes -------------------------------------------------------------------------------------------


async def test_items_are_read_changed_and_deleted_by_name_from_any_page(harness: Harness) -> None:
    planted(harness, *(rows.Item(500000 + at, f"Peça {at:03}", "", "1", "unit", 31554) for at in range(130)))
    assert (await harness.call("get_item", {"item": "Peça 129"}))["item"]["id"] == 500129
    assert (await harness.call("update_item", {"item": "Peça 129", "unit_price": 2}))["item"][
        "unit_price"
    ] == "2"
    assert (await harness.call("delete_item", {"item": "Peça 129"}))["deleted"] == "item 500129 (Peça 129)"
    error = await unsure(harness, "delete_item", {"item": "peca 128"}, "item")
    assert named(error, "item") == ["Peça 128"]
    planted(harness, rows.Item(600000, "Peça 001", "", "2", "unit", 31554))
    error = await unsure(harness, "delete_item", {"item": "Peça 001"}, "item")
    assert [one["item_id"] for one in error["candidates"]] == [500001, 600000]


async def test_a_tax_is_read_changed_and_deleted_by_its_exact_name_only(harness: Harness) -> None:
    assert (await harness.call("get_tax", {"tax": "IVA6"}))["tax"]["id"] == 31556
    assert (await harness.call("update_tax", {"tax": "IVA22", "region": "PT-AC", "accept": ["vat_rate"]}))[
        "tax"
    ]["region"] == "PT-AC"
    for text in ("iva22", "22", "22 %", "IVA24"):
        error = await unsure(harness, "delete_tax", {"tax": text}, "tax")
        assert "IVA22" in named(error, "tax")
    assert (await harness.call("delete_tax", {"tax": "IVA22"}))["deleted"] == "tax 31558 (IVA22)"


@pytest.mark.parametrize("text", ["iva23", "IVA 23", "Iva 23%", "23", "23%", "23 %", "23,0"])
async def test_a_line_tax_that_fits_one_tax_only_is_used_and_reported(harness: Harness, text: str) -> None:
    made = await harness.call("create_invoice", invoice(items=[line(tax=text)]))
    assert harness.get_last_body()["items"][0]["tax"] == {"name": "IVA23"}
    assert f"{text!r} is read as IVA23 (23%)" in warnings_by_field(made)["items.0.tax"]
    item = await harness.call("create_item", {"name": "Telha", "unit_price": 1, "tax": text})
    assert (item["item"]["tax"], "is read as IVA23" in warnings_by_field(item)["tax"]) == ("IVA23", True)


async def test_a_rate_shared_by_two_taxes_is_not_certain_and_the_exact_name_is(harness: Harness) -> None:
    await harness.call("create_tax", {"name": "IVA23A", "value": 23, "code": "OUT"})
    for tool, arguments, field in (
        ("create_invoice", invoice(items=[line(tax="23")]), "items.0.tax"),
        ("create_item", {"name": "Telha", "unit_price": 1, "tax": "23%"}, "tax"),
    ):
        error = await unsure(harness, tool, arguments, field)
        assert named(error, field) == ["IVA23", "IVA23A"]
    assert "warnings" not in await harness.call("create_invoice", invoice(items=[line(tax="IVA23A")]))


async def test_all_ambiguous_names_are_reported_at_once(harness: Harness) -> None:
    arguments = invoice(
        series="b2026", client={"name": "acme"}, items=[line(tax="IVA24")], due_date="2026-11-01"
    )
    found = await harness.get_refusal("create_invoice", arguments)
    assert {"series", "client.name", "items.0.tax", "due_date"} <= set(found)


# --- with the rest of the pipeline --------------------------------------------------------------------------


async def test_an_approval_is_bound_to_the_record_that_the_person_saw(harness: Harness) -> None:
    call = {"series": "B2026"}
    with pytest.raises(ApprovalNeeded) as needed:
        await execute(harness.context, "register_sequence", call, can_ask=True)
    # Meanwhile the series is renamed, and another one gets its name.
    planted(
        harness,
        seeds.build_sequence(70020, "C2026", default=False, registered=False),
        seeds.build_sequence(70040, "B2026", default=False, registered=False),
    )
    before = len(harness.list_writes())
    with pytest.raises(ApprovalRefused):
        await execute(
            harness.context,
            "register_sequence",
            call,
            can_ask=True,
            reply=Reply(needed.value.approval.handle, True),
        )
    assert len(harness.list_writes()) == before


async def test_the_approval_shows_the_client_that_a_name_stands_for(harness: Harness) -> None:
    text = await harness.get_approval_text("set_initial_balance", {**ENTRY, "client": "PT508112230"})
    assert all(shown in text for shown in ("ACME, Lda", "508112230"))
    pay = {"amount": 1, "payment_mechanism": "NU", "payment_date": "2026-11-20", "serie": "70020"}
    await harness.call("register_sequence", {"series": "B2026"})
    text = await harness.get_approval_text(
        "generate_payment", document_arguments(await harness.create_issued(), **pay)
    )
    assert "B2026" in text


async def test_the_same_call_by_name_is_the_same_call(harness: Harness) -> None:
    """A repetition is recognized by its arguments, even if the name now means another record."""
    first = await harness.call("create_invoice", invoice(series="2026", client={"fiscal_id": "508112230"}))
    again = await harness.call("create_invoice", invoice(series="2026", client={"fiscal_id": "508112230"}))
    assert (again["replayed"], again["document"]["id"]) == (True, first["document"]["id"])
