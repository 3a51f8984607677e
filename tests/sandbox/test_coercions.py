"""Sandbox, silent coercions of the service, one test per trap (docs/concepts/traps.md)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.api import TODAY, SandboxApi, list_errors


def refused(api: SandboxApi, **changes: Any) -> list[str]:
    return list_errors(api.post("/invoices.json", {"invoice": api.body(**changes)}))


def refused_line(api: SandboxApi, **changes: Any) -> list[str]:
    return refused(api, items=[api.line(**changes)])


def catalogue(api: SandboxApi) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in api.get("/items.json").json()["items"]}


@pytest.mark.parametrize("nonsense", ["31/02/2026", "2026/11/01", "amanhã", "", None, 7])
def test_a_date_that_cannot_be_read_becomes_today(api: SandboxApi, nonsense: Any) -> None:
    """Trap 1."""
    draft = api.create_draft(date=nonsense, due_date=nonsense)
    assert (draft["date"], draft["due_date"]) == (TODAY, TODAY)


def test_iso_dates_are_understood_too(api: SandboxApi) -> None:
    assert api.create_draft(date="2026-11-01", due_date="2026-11-02")["due_date"] == "02/11/2026"


def test_an_unknown_tax_becomes_the_default_on_create_and_none_on_update(api: SandboxApi) -> None:
    """Trap 2."""
    draft = api.create_draft(items=[api.line(tax={"name": "IVA 23%"})])
    assert draft["items"][0]["tax"] == {"id": 31554, "name": "IVA23", "value": 23}
    updated = api.put(
        f"/invoices/{draft['id']}.json", {"invoice": api.body(items=[api.line(tax={"name": "IVA 23%"})])}
    )
    assert updated.json()["invoice"]["items"][0]["tax"]["value"] == 0
    assert updated.json()["invoice"]["tax_exemption"] == "M99"


def test_a_line_without_a_tax_gets_the_default_one(api: SandboxApi) -> None:
    api.post("/taxes.json", {"tax": {"name": "IVA16", "value": "16", "region": "PT-AC", "default_tax": 1}})
    line = api.line()
    del line["tax"]
    assert api.create_draft(items=[line])["items"][0]["tax"]["name"] == "IVA16"


@pytest.mark.parametrize("tax", [23, "23", "IVA23"])
def test_a_tax_that_is_no_object_reads_as_exempt_and_then_wants_a_reason(api: SandboxApi, tax: Any) -> None:
    """Trap 2b."""
    assert refused_line(api, tax=tax) == ["Razão de isenção deve ter uma opção selecionada"]
    draft = api.create_draft(items=[api.line(tax=tax)], tax_exemption="M07")
    assert draft["total"] == 100


def test_a_tax_is_found_by_name_and_value_and_never_by_id(api: SandboxApi) -> None:
    """Trap 2c."""
    by_name = api.create_draft(items=[api.line(tax={"id": 31557, "name": "IVA6"})])
    assert by_name["items"][0]["tax"] == {"id": 31556, "name": "IVA6", "value": 6}
    by_id = api.create_draft(items=[api.line(tax={"id": 31556})])
    assert by_id["items"][0]["tax"]["name"] == "IVA23"
    other_value = api.create_draft(items=[api.line(tax={"name": "IVA6", "value": 5})])
    assert other_value["items"][0]["tax"]["name"] == "IVA23"


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"id": 502, "code": "ACME", "name": "ACME, Lda"}, 502),
        ({"id": "502"}, 502),
        ({"id": 9, "code": "BETA", "name": "ACME, Lda"}, 502),
        ({"code": "NEW", "name": "ACME, Lda", "fiscal_id": "bad", "country": "PT", "email": "bad"}, 501),
    ],
)
def test_a_client_is_found_by_id_then_code_then_name_and_the_rest_is_ignored(
    api: SandboxApi, sent: dict[str, Any], found: int
) -> None:
    """Trap 3."""
    assert api.create_draft(client=sent)["client"]["id"] == found
    assert api.get("/clients.json").json()["pagination"]["total_entries"] == 2


def test_an_unknown_client_is_created(api: SandboxApi) -> None:
    client = api.create_draft(client={"name": "Gama", "code": "G", "fiscal_id": "PT510123457"})["client"]
    assert api.get(f"/clients/{client['id']}.json").json()["client"]["country"] == "Portugal"


def test_an_existing_item_is_overwritten_for_the_whole_account_and_a_new_one_added(api: SandboxApi) -> None:
    """Trap 4."""
    api.create_draft(
        items=[
            api.line(unit_price="61.50005", description="Outra", tax={"name": "IVA6"}),
            api.line(name="Mapa", unit_price="1"),
        ]
    )
    items = catalogue(api)
    assert items["Consultoria"]["id"] == 402321
    assert items["Consultoria"]["unit_price"] == 61.50005
    assert (items["Consultoria"]["description"], items["Consultoria"]["tax"]["name"]) == ("Outra", "IVA6")
    assert items["Mapa"]["tax"]["comment"] == "tax value:23.0%"


def test_a_refused_document_leaves_neither_client_nor_item_behind(api: SandboxApi) -> None:
    refused(api, client={"name": "Gama", "code": "G"}, items=[api.line(name="Mapa")], retention="100")
    assert api.get("/clients.json").json()["pagination"]["total_entries"] == 2
    assert "Mapa" not in catalogue(api)


def test_an_update_replaces_the_document_and_what_is_not_sent_again_is_gone(api: SandboxApi) -> None:
    """Trap 5."""
    draft = api.create_draft(
        items=[api.line(), api.line(name="Formação", tax={"name": "Isento"})],
        tax_exemption="M07",
        reference="PO-1",
    )
    path = f"/invoices/{draft['id']}.json"
    body = api.body(items=[api.line(name="Formação", tax={"name": "Isento"})])
    updated = api.put(path, {"invoice": body}).json()["invoice"]
    assert [item["name"] for item in updated["items"]] == ["Formação"]
    assert (updated["tax_exemption"], updated["reference"]) == ("M99", "")
    del body["items"]
    assert list_errors(api.put(path, {"invoice": body})) == ["Invoice items is invalid"]


def test_moving_the_date_alone_runs_into_the_old_due_date(api: SandboxApi) -> None:
    """Trap 5."""
    draft = api.create_draft(date="01/11/2026", due_date="10/11/2026")
    body = api.body(date="11/11/2026")
    del body["due_date"]
    path = f"/invoices/{draft['id']}.json"
    assert list_errors(api.put(path, {"invoice": body})) == ["Due date must be later than date"]
    body["date"] = "10/11/2026"
    assert api.put(path, {"invoice": body}).status_code == 200


def test_an_exempt_line_without_a_reason_is_refused_on_create_and_stamped_m99_on_update(
    api: SandboxApi,
) -> None:
    """Trap 6, reading 13."""
    exempt = [api.line(tax={"name": "Isento"})]
    assert refused(api, items=exempt) == ["Razão de isenção deve ter uma opção selecionada"]
    draft = api.create_draft()
    updated = api.put(f"/invoices/{draft['id']}.json", {"invoice": api.body(items=exempt)})
    assert updated.json()["invoice"]["tax_exemption"] == "M99"


@pytest.mark.parametrize("key", ["tax_exemption", "tax_exemption_reason"])
@pytest.mark.parametrize("where", ["document", "line"])
def test_the_exemption_code_travels_on_the_document_or_on_the_line(
    api: SandboxApi, key: str, where: str
) -> None:
    """Trap 6b, reading 12."""
    line = api.line(tax={"name": "Isento"}, **({key: "M07"} if where == "line" else {}))
    draft = api.create_draft(items=[line], **({key: "M07"} if where == "document" else {}))
    assert draft["tax_exemption"] == "M07"


def test_an_account_may_look_at_the_lines_code_only(api: SandboxApi) -> None:
    """Trap 6b."""
    api.sandbox.set_option("exemption_level", "line")
    exempt = api.line(tax={"name": "Isento"})
    assert refused(api, items=[exempt], tax_exemption="M07") == [
        "Razão de isenção deve ter uma opção selecionada"
    ]
    assert api.create_draft(items=[{**exempt, "tax_exemption": "M07"}])["tax_exemption"] == "M07"


def test_m00_clears_the_exemption_once_no_line_is_exempt(api: SandboxApi) -> None:
    draft = api.create_draft(items=[api.line(tax={"name": "Isento"})], tax_exemption="M07")
    body = {"invoice": api.body(tax_exemption_reason="M00")}
    assert api.put(f"/invoices/{draft['id']}.json", body).json()["invoice"]["tax_exemption"] == ""


@pytest.mark.parametrize(
    ("code", "day", "accepted"),
    [
        ("M07", TODAY, True),
        ("M46", TODAY, True),
        ("M08", TODAY, False),
        ("M08", "01/01/2023", False),
        ("M08", "31/12/2022", True),
        ("M03", "31/12/2022", True),
        ("M26", TODAY, False),
        ("M34", TODAY, False),
        ("M35", TODAY, False),
        ("M98", TODAY, False),
    ],
)
def test_exemption_codes_are_a_closed_list_with_dates(
    api: SandboxApi, code: str, day: str, accepted: bool
) -> None:
    """Reading 20."""
    body = api.body(date=day, due_date=TODAY, items=[api.line(tax={"name": "Isento"})], tax_exemption=code)
    assert (api.post("/invoices.json", {"invoice": body}).status_code == 201) is accepted


@pytest.mark.parametrize(
    ("key", "serie_id", "accepted"),
    [
        ("invoice", "70000", True),
        ("invoice", 70000, True),
        ("invoice", "70005", False),
        ("credit_note", "70005", True),
        ("credit_note", "70000", False),
        ("simplified_invoice", "70001", True),
        ("invoice_receipt", "70002", True),
        ("debit_note", "70024", True),
        ("invoice", "99999", False),
        ("invoice", "2026", False),
    ],
)
def test_every_type_has_a_sequence_id_of_its_own(
    api: SandboxApi, key: str, serie_id: Any, accepted: bool
) -> None:
    """Trap 9."""
    response = api.post(f"/{key}s.json", {key: api.body(sequence_id=serie_id)})
    if accepted:
        assert response.json()[key]["sequence_id"] == str(serie_id)
    else:
        assert list_errors(response) == ["A série não corresponde ao tipo de documento"]


def test_a_due_date_may_equal_the_date_and_not_precede_it(api: SandboxApi) -> None:
    """Trap 11, reading 19."""
    assert refused(api, due_date="19/11/2026") == ["Due date must be later than date"]
    api.sandbox.set_option("language", "pt")
    assert refused(api, due_date="19/11/2026") == [
        "Vencimento deve ser igual ou posterior à data do documento"
    ]


def test_a_discount_in_money_on_a_line_is_ignored(api: SandboxApi) -> None:
    """Trap 14."""
    assert api.create_draft(items=[api.line(discount_amount="50")])["total"] == 123


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quantity": "0"}, "Quantity must be a number greater than 0"),
        ({"quantity": "-1"}, "Quantity must be a number greater than 0"),
        ({"quantity": "dois"}, "Quantity must be a number greater than 0"),
        ({"unit_price": "abc"}, "Unit price must be a number"),
        ({"unit_price": None}, "Unit price must be a number"),
        ({"unit_price": "-1"}, "Unit price must be greater than or equal to 0"),
        ({"discount": "x"}, "Discount is not a number"),
        ({"discount": "-1"}, "Discount must be between 0 and 100"),
        ({"discount": "100.01"}, "Discount must be between 0 and 100"),
        ({"unit": "kg"}, "Unit kg is not included in the list of accepted units"),
        ({"name": ""}, "Invoice items is invalid"),
        ({"sku": "A1"}, "Item attribute sku is not allowed"),
    ],
)
def test_a_wrong_line_is_refused(api: SandboxApi, changes: dict[str, Any], message: str) -> None:
    assert refused_line(api, **changes) == [message]


@pytest.mark.parametrize(
    "changes", [{"discount": "0"}, {"discount": "100"}, {"unit": "hour"}, {"unit_price": 0}]
)
def test_a_line_at_the_edge_is_accepted(api: SandboxApi, changes: dict[str, Any]) -> None:
    assert api.create_draft(items=[api.line(**changes)])["status"] == "draft"


@pytest.mark.parametrize("unit", ["hour", "day", "month", "unit", "service", "other"])
def test_units_are_a_closed_list(api: SandboxApi, unit: str) -> None:
    assert api.create_draft(items=[api.line(unit=unit)])["items"][0]["unit"] == unit


def test_lines_must_be_an_array_of_at_least_one(api: SandboxApi) -> None:
    assert refused(api, items={"item": [api.line()]}) == ["Items element should be of type array"]
    assert refused(api, items=[]) == ["Invoice items is invalid"]


@pytest.mark.parametrize(
    ("percent", "good"), [("0", True), ("99.99", True), ("100", False), ("-1", False), ("x", False)]
)
def test_retention_is_a_percentage_that_changes_no_total(api: SandboxApi, percent: str, good: bool) -> None:
    """Trap 18."""
    if good:
        draft = api.create_draft(retention=percent)
        assert (draft["retention"], draft["total"]) == (percent, 123)
    else:
        assert refused(api, retention=percent) == ["Retention must be a number between 0 and 99.99"]


def test_a_second_currency_prints_a_second_total_and_changes_nothing_else(api: SandboxApi) -> None:
    """Trap 21."""
    draft = api.create_draft(currency_code="USD", rate="1.23565")
    assert (draft["currency"], draft["total"]) == ("Euro", 123)
    assert draft["multicurrency"] == {"rate": "1.23565", "currency": "U.S. dollar", "total": 151.98}
    assert refused(api, currency_code="XXX", rate="1") == ["Currency XXX was not found"]
    api.sandbox.set_option("multicurrency", False)
    assert refused(api, currency_code="USD", rate="1") == ["Multicurrency is not available in your plan"]


def test_a_country_code_is_refused_with_a_cascade_over_the_client(api: SandboxApi) -> None:
    """Trap 22."""
    client = {"name": "Gama", "code": "G", "country": "PT", "fiscal_id": "510123457"}
    assert refused(api, client=client) == [
        "Country PT was not found",
        "Client is invalid",
        "Fiscal is invalid",
    ]
    for country in ("Espanha", "portugal", "Deutschland"):
        assert refused(api, client={**client, "country": country})[0] == f"Country {country} was not found"


@pytest.mark.parametrize(
    ("country", "fiscal_id", "accepted"),
    [
        ("Portugal", "510123457", True),
        ("Portugal", "PT510123457", True),
        ("", "999999990", True),
        ("Portugal", "510123456", False),
        ("", "FR40303265045", False),
        ("France", "FR40303265045", True),
        ("Germany", "123", True),
        ("Portugal", "400000000", False),
    ],
)
def test_country_and_fiscal_id_are_judged_as_a_pair(
    api: SandboxApi, country: str, fiscal_id: str, accepted: bool
) -> None:
    """Trap 22; foreign numbers are not checked."""
    body = api.body(client={"name": "Gama", "code": "G", "country": country, "fiscal_id": fiscal_id})
    response = api.post("/invoices.json", {"invoice": body})
    if accepted:
        assert response.status_code == 201
    else:
        assert list_errors(response) == ["Client is invalid", "Fiscal is invalid"]
        api.sandbox.set_option("language", "pt")
        assert "Contribuinte não é válido" in list_errors(api.post("/invoices.json", {"invoice": body}))


def test_the_issuers_own_number_may_be_refused(api: SandboxApi) -> None:
    """Trap 22b."""
    client = {"name": "Nós", "code": "N", "fiscal_id": "509442013"}
    api.sandbox.set_option("refuse_own_nif", True)
    assert refused(api, client=client) == ["Client is invalid", "Fiscal is invalid"]
    api.sandbox.set_option("refuse_own_nif", False)
    assert api.create_draft(client=client)["status"] == "draft"


def test_a_document_needs_a_client_unless_it_is_a_simplified_invoice(api: SandboxApi) -> None:
    assert refused(api, client=None) == ["Elemento client não fornecido"]
    simplified = api.create_draft("simplified_invoice", client=None)
    assert simplified["client"]["name"] == "Consumidor Final"


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        ("20/11/2026 09:59:59", "Loaded at must be greater than or equal to the current date and time"),
        ("", "Loaded at can't be blank"),
    ],
)
def test_a_guide_is_not_loaded_in_the_past_of_lisbon(api: SandboxApi, moment: str, message: str) -> None:
    """Trap 28."""
    assert list_errors(api.post("/shippings.json", {"shipping": api.body(loaded_at=moment)})) == [message]
    now = api.post("/shippings.json", {"shipping": api.body(loaded_at="20/11/2026 10:00:00")})
    assert now.status_code == 201


def test_taxes_may_read_back_with_nothing_but_an_id(api: SandboxApi) -> None:
    """Trap 30."""
    draft = api.create_draft()
    api.sandbox.set_option("null_taxes", True)
    assert api.read_document("invoice", draft)["items"][0]["tax"] == {
        "id": 31554,
        "name": None,
        "value": None,
    }


@pytest.mark.parametrize("field", ["fiscal_id", "postal_code"])
def test_a_number_where_text_belongs_crashes_into_a_422(api: SandboxApi, field: str) -> None:
    """Trap 32."""
    message = "undefined method `match' for 510123457:Integer"
    assert refused(api, client={"name": "Gama", "code": "G", field: 510123457}) == [message]
    created = api.post("/clients.json", {"client": {"name": "Gama", "code": "G", field: 510123457}})
    assert created.json() == {"errors": [message]}


def test_unknown_attributes_of_a_document_are_dropped_without_a_word(api: SandboxApi) -> None:
    assert "colour" not in api.create_draft(colour="green")
