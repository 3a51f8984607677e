"""Arguments are read leniently in form and strictly in meaning, the same for every operation."""

from datetime import date, timedelta
from typing import Any

import pytest

from ix_tools.domain.date_types import lisbon_now
from ix_tools.errors import InvalidArguments
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.arguments import HOST_KEYS, parse, read_arguments
from tests.harness import Harness, Json, invoice, line
from tests.rows import every_row

LINE = {"name": "Revisão", "unit_price": 10, "quantity": 1}


def problems(name: str, arguments: Json) -> dict[str, str]:
    with pytest.raises(InvalidArguments) as refused:
        parse(name, arguments)
    found = refused.value.problems
    assert len({one.field for one in found}) == len(found), "each field is named once"
    return {one.field: f"{one.problem} | {one.allowed}" for one in found}


# --- keys of hosts (n8n-io/n8n issues 21500 and 22787)


@every_row("name", sorted(catalogue()))
def test_keys_that_a_host_adds_are_dropped(name: str) -> None:
    operation = catalogue()[name]
    example = dict(operation.spec.example)
    added = dict.fromkeys(HOST_KEYS - set(operation.model_fields), "call_1")
    assert parse(name, {**example, **added}) == parse(name, example)


@pytest.mark.parametrize("key", ["toolcallid", "tool_call_id", "session_id", "querystring"])
def test_every_other_unknown_key_is_refused(key: str) -> None:
    assert "unknown field" in problems("list_taxes", {key: "c"})[key]
    assert "unknown field" in problems("list_invoices", {key: "c"})[key]


def test_keys_of_hosts_are_refused_inside_a_structure() -> None:
    assert "client.toolCallId" in problems(
        "create_invoice", invoice(client={"code": "ACME", "toolCallId": "c"})
    )


def test_a_field_that_similar_operations_require_is_taken_beside_the_id() -> None:
    assert parse("get_pdf", {"document_type": "invoices", "document_id": 1001}) == parse(
        "get_pdf", {"document_id": 1001}
    )
    assert "document_type" in problems("list_taxes", {"document_type": "invoices"})


def test_a_search_takes_its_words_under_the_name_that_similar_tools_use() -> None:
    for name in ("search_operations", "list_invoices"):
        assert parse(name, {"query": "pdf"}) == parse(name, {"text": "pdf"})


def test_only_a_call_of_the_service_is_told_that_the_service_ignores_a_field() -> None:
    assert "InvoiceXpress" in problems("list_taxes", {"x": 1})["x"]
    assert "InvoiceXpress" not in problems("search_operations", {"text": "pdf", "query": "x"})["query"]


# --- structures as JSON text (anthropics/claude-code issue 59227)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("client", '{"code": "ACME"}', {"code": "ACME"}),
        ("client", ' {"code": "ACME", "fiscal_id": "508025338"} ', {"code": "ACME", "fiscal_id": "508025338"}),
        ("items", '[{"name": "Revisão", "unit_price": 10.5, "quantity": 1}]', [{**LINE, "unit_price": 10.5}]),
        ("items", ['{"name": "Revisão", "unit_price": 10, "quantity": 1}'], [LINE]),
        ("accept", '["duplicate_line"]', ["duplicate_line"]),
        ("accept", "duplicate_line", ["duplicate_line"]),
        ("global_discount", '{"value_type": "percentage", "value": 5}', {"value_type": "percentage", "value": 5}),
    ],
)  # fmt: skip
def test_json_text_is_read_where_a_structure_belongs(field: str, text: Any, value: Any) -> None:
    assert parse("create_invoice", invoice(**{field: text})) == parse(
        "create_invoice", invoice(**{field: value})
    )


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("client", "ACME"), ("client", '["ACME"]'), ("client", '{"code": "ACME"'), ("client", '"ACME"'), ("client", "7"),
        ("items", "Revisão"), ("items", '{"name": "Revisão"}'), ("items", "[" * 5000), ("client", '{"code": NaN}'),
        ("client", '{"code": "ACME", "code": "OUTRA"}'),
    ],
)  # fmt: skip
def test_text_that_is_not_exactly_that_structure_is_refused(field: str, text: str) -> None:
    found = problems("create_invoice", invoice(**{field: text}))
    assert set(found) == {field}
    assert "ClientDetails" not in found[field]


def test_text_fields_stay_text() -> None:
    call = parse("create_invoice", invoice(reference='{"a": 1}', observations="[1]"))
    assert call.model_dump()["reference"] == '{"a": 1}'
    assert call.model_dump()["observations"] == "[1]"


# --- digits (lmstudio-ai/lmstudio-bug-tracker issue 1626)


def test_a_whole_number_in_a_text_field_is_its_digits() -> None:
    call = parse(
        "create_invoice",
        invoice(series=2026, client={"code": 4711, "name": 5, "fiscal_id": 508025338}, idempotency_key=17),
    )
    assert call.model_dump(include={"series", "idempotency_key"}) == {
        "series": "2026",
        "idempotency_key": "17",
    }
    assert call.model_dump()["client"]["code"] == "4711"
    assert call.model_dump()["client"]["fiscal_id"] == "508025338"


@pytest.mark.parametrize("value", [4711.0, 4711.5, True, ["4711"], {"a": 1}])
def test_nothing_else_becomes_text(value: Any) -> None:
    found = problems("create_invoice", invoice(client={"code": value}))
    assert found == {"client.code": "has another form | a text"}


@pytest.mark.parametrize("value", [23, 23.0, 0, True])
def test_a_number_is_never_the_name_of_a_tax(value: Any) -> None:
    assert "items.0.tax" in problems("create_invoice", invoice(items=[line(tax=value)]))
    assert "tax" in problems("create_item", {"name": "X", "unit_price": 1, "tax": value})


# --- empty is absent


@every_row("empty", [None, "", [], "   ", "\xa0"])
@every_row("name", sorted(catalogue()))
def test_an_empty_value_of_an_optional_field_is_absent(name: str, empty: Any) -> None:
    operation = catalogue()[name]
    example = dict(operation.spec.example)
    optional = [field for field, info in operation.model_fields.items() if not info.is_required()]
    filled = {field: empty for field in optional if field not in example}
    assert parse(name, {**example, **filled}) == parse(name, example)


@pytest.mark.parametrize("empty", [None, "", []])
def test_an_empty_value_of_a_required_field_is_missing(empty: Any) -> None:
    found = problems("create_invoice", invoice(date=empty, items=empty))
    if empty is not None:  # `invoice` leaves out what is None
        assert found == {
            "date": "is required | Date of the document, e.g. 2026-11-30, or today.",
            "items": "is required | Lines of the document in printed order, at least one.",
        }


def test_zero_is_a_value_everywhere_but_as_the_rate_of_a_currency() -> None:
    call = parse("create_invoice", invoice(retention=0, rate=0, items=[line(unit_price=0, discount=0)]))
    assert call.model_dump(include={"retention", "rate"}) == {"retention": "0", "rate": None}
    assert parse("create_invoice", invoice(rate="0")).model_dump()["rate"] is None
    assert "sequence_id" in problems("create_invoice", invoice(sequence_id=0))


def test_a_secret_is_read_as_it_stands() -> None:
    read = read_arguments(catalogue()["update_account"], {"password": " e\u0301\u00a0 "})
    assert read == {"password": " e\u0301\u00a0 "}


# --- texts


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Joa\u0303o Simo\u0303es", "João Simões"), ("João\u00a0Simões", "João Simões"),
        ("Jo\u200bão\ufeff Simões", "João Simões"), ("  João Simões\t", "João Simões"), ("João\u202fSimões", "João Simões"),
    ],
)  # fmt: skip
def test_one_name_has_one_spelling(written: str, meant: str) -> None:
    call = parse("create_invoice", invoice(client={"name": written}, items=[line(name=written)]))
    assert call.model_dump()["client"]["name"] == meant
    assert call.model_dump()["items"][0]["name"] == meant


def test_line_breaks_of_a_printed_text_stay() -> None:
    assert (
        parse("create_invoice", invoice(observations="um\ndois")).model_dump()["observations"] == "um\ndois"
    )


# --- words


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("invoice", "invoices"), ("Credit_Note", "credit_notes"), ("Fatura", "invoices"), ("nota de crédito", "credit_notes"),
        ("Credit Note", "credit_notes"),
        ("invoice-receipts", "invoice_receipts"), (" INVOICES ", "invoices"), ("simplified_invoice", "simplified_invoices"),
    ],
)  # fmt: skip
def test_a_document_type_in_the_singular_or_in_capitals_is_understood(written: str, meant: str) -> None:
    about = {"document_id": 1001, "state": "finalized"}
    assert parse("change_state", {"document_type": written, **about}) == parse(
        "change_state", {"document_type": meant, **about}
    )
    assert parse("list_invoices", {"types": [written]}) == parse("list_invoices", {"types": [meant]})
    assert parse("list_invoices", {"types": written}) == parse("list_invoices", {"types": [meant]})


@pytest.mark.parametrize("word", ["bill", "FT", "invoices_", "factura"])
def test_another_word_is_refused_once_with_every_allowed_one(word: str) -> None:
    found = problems("change_state", {"document_type": word, "document_id": 1, "state": "finalized"})
    assert set(found) == {"document_type"}
    for allowed in ("invoices", "credit_notes", "quotes", "transports"):
        assert f"'{allowed}'" in found["document_type"]


def test_a_refusal_names_fields_as_the_caller_wrote_them() -> None:
    found = problems("send_email", {"document_type": "invoices", "document_id": 1, "email": "x"})
    assert set(found) == {"email"}
    found = problems("create_invoice", invoice(client=7, items=7, mb_reference="talvez"))
    assert found == {
        "client": "has another form | an object such as {...}",
        "items": "has another form | a list such as [...]",
        "mb_reference": "has another form | true or false",
    }


@pytest.mark.parametrize(
    ("name", "given", "field", "told"),
    [
        ("generate_payment", {"document_id": 1}, "payment_mechanism", "TB transfer"),
        ("create_invoice", {"due_date": "+30d", "items": [line()]}, "date", "e.g. 2026-11-30, or today"),
        ("create_invoice", invoice(items=[{"quantity": 1}]), "items.0.name", "Name of the product"),
        ("create_guide", {"address_from": {"city": "Porto"}}, "address_from.postal_code", "4000-100"),
        ("get_document", {"document_id": 1}, "document_type", "fees_notes"),
        ("create_tax", {"name": "X"}, "value", "percent"),
    ],
)
def test_what_is_missing_is_described_so_that_one_repeat_is_enough(
    name: str, given: Json, field: str, told: str
) -> None:
    assert told in problems(name, given)[field].removeprefix("is required | ")


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("create_sequence", {"series": "2027"}, {"serie": "2027"}),
        ("register_sequence", {"serie": "2027"}, {"series": "2027"}),
        ("generate_payment", {"series": "2027"}, {"serie": "2027"}),
        ("change_state", {"state": "canceled", "reason": "Erro no cliente"}, {"state": "canceled", "message": "Erro no cliente"}),
        ("correct_document", {"wrong": "too_much", "message": "Metade devolvida."}, {"wrong": "too_much", "reason": "Metade devolvida."}),
    ],
)  # fmt: skip
def test_one_thing_may_be_called_as_a_similar_tool_calls_it(name: str, given: Json, meant: Json) -> None:
    example = {
        field: value
        for field, value in catalogue()[name].spec.example.items()
        if field not in {*given, *meant, "sequence_id", "message", "reason"}
    }
    assert parse(name, {**example, **given}) == parse(name, {**example, **meant})
    both = {**example, **given, **meant}
    if set(given) != set(meant):
        assert set(problems(name, both)) == set(given) - set(meant), "two names of one thing are one too many"


# --- dates and numbers


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("today", 0),
        ("Hoje", 0),
        ("anteontem", -2),
        ("depois de amanhã", 2),
        ("ontem", -1),
        ("yesterday", -1),
        ("amanhã", 1),
        ("tomorrow", 1),
    ],
)
def test_everyday_words_for_a_date(written: str, days: int) -> None:
    meant = lisbon_now().date() + timedelta(days)
    assert parse("list_invoices", {"date_from": written}).model_dump()["date_from"] == meant


@pytest.mark.parametrize(
    "written",
    [
        "29-11-2026", "29/11/2026", "2026-11-29", "29.11.2026", "2026/11/29", "29 de novembro de 2026", "29 Nov 2026",
        "29 November 2026", "November 29, 2026", "29 nov. de 2026",
    ],
)  # fmt: skip
def test_forms_of_a_date_that_mean_one_day(written: str) -> None:
    assert parse("list_invoices", {"date_from": written}).model_dump()["date_from"] == date(2026, 11, 29)


@pytest.mark.parametrize(
    "written",
    [
        "29-11-26", "11-29-2026", "11.29.2026", "29.11.26", "20261129", "amanha de manha", 20261129, "29 novembro",
        "31 de novembro de 2026", "29 de novembre de 2026", "novembro de 2026", "29 de novembro de 26",
    ],
)  # fmt: skip
def test_other_forms_of_a_date_are_refused(written: Any) -> None:
    assert "date_from" in problems("list_invoices", {"date_from": written})


@pytest.mark.parametrize("name", ["month_end_check", "export_saft"])
@pytest.mark.parametrize(
    "given",
    [
        {"month": 11, "year": 2026}, {"month": "11", "year": "2026"}, {"month": "11/2026"}, {"month": "2026-11"}, {"month": "2026/11"},
        {"month": "novembro", "year": 2026}, {"month": "November 2026"}, {"month": "novembro de 2026"}, {"month": "nov/2026"},
        {"month": "11-2026", "year": 2026}, {"month": "Nov.", "year": "2026"},
    ],
)  # fmt: skip
def test_a_month_is_understood_by_its_name_and_with_its_year(name: str, given: Json) -> None:
    assert parse(name, given) == parse(name, {"month": 11, "year": 2026})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"month": "novembro"}, "year"),
        ({"month": "11/2026", "year": 2025}, "month"),
        ({"month": "13/2026"}, "month"),
        ({"month": "11/26"}, "month"),
        ({"month": "novembre", "year": 2026}, "month"),
        ({"month": "trimestre 2026"}, "month"),
    ],
)
def test_a_month_that_may_mean_another_is_refused(given: Json, field: str) -> None:
    found = problems("month_end_check", given)[field]
    assert field == "year" or "11/2026" in found


@pytest.mark.parametrize(("written", "day"), [("este mês", 0), ("last month", -1), ("mês passado", -1)])
def test_everyday_words_for_a_month(written: str, day: int) -> None:
    meant = lisbon_now().date().replace(day=1) + timedelta(day)
    assert parse("month_end_check", {"month": written}) == parse(
        "month_end_check", {"month": meant.month, "year": meant.year}
    )


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-30T00:00:00", "2026-11-30"),
        ("2026-11-30T00:00:00Z", "2026-11-30"),
        ("2026-11-30T15:04:05.123+00:00", "2026-11-30"),
        ("2026-07-29T23:00:00Z", "2026-07-30"),  # midnight in Lisbon, in summer
        ("2026-07-30T00:00:00+01:00", "2026-07-30"),
    ],
)
def test_a_time_of_one_day_is_that_day(written: str, day: str) -> None:
    """As automations write a date (n8n's `$now`)."""
    assert parse("list_invoices", {"date_from": written}) == parse("list_invoices", {"date_from": day})


@pytest.mark.parametrize(
    "written",
    [
        "2026-07-29T23:30:00Z",  # the 30th in Lisbon, the 29th as written
        "2026-07-30T00:00:00+02:00",
        "2026-02-30T00:00:00Z",
        "2026-11-30T",
        "2026-11-30T25:00:00",
        "0026-11-30T00:00:00",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_a_time_that_can_mean_two_days_or_none_is_refused(written: str) -> None:
    assert set(problems("list_invoices", {"date_from": written})) == {"date_from"}


@pytest.mark.parametrize("written", [
    "+30d", "30 dias", "30 days", "30d", "+ 30 dias", "030d", "a 30 dias", "em 30 dias", "dentro de 30 dias",
    "Daqui a 30 dias", "in 30 days", "within 30 days",
])  # fmt: skip
def test_days_after_the_date_of_the_document(written: str) -> None:
    assert parse("create_invoice", invoice(due_date=written)) == parse(
        "create_invoice", invoice(due_date="2026-12-20")
    )


@pytest.mark.parametrize(
    "written", ["30", "em 30", "trinta dias", "-30d", "-30", "+30", "30 meses", "+1000d", "+1000", "+"]
)
def test_a_due_date_that_is_not_understood_is_told_the_forms(written: str) -> None:
    assert "+30d" in problems("create_invoice", invoice(due_date=written))["due_date"]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("discount", 83.333333, "at most 4 decimals"), ("discount", 100.5, "from 0 to 100"), ("unit_price", "1.23456", "at most 4 decimals")],
)  # fmt: skip
def test_a_number_is_told_the_limit_that_it_breaks(field: str, value: Any, told: str) -> None:
    assert told in problems("create_invoice", invoice(items=[line(**{field: value})]))[f"items.0.{field}"]


def test_an_email_goes_to_one_address_and_has_one_line_of_subject() -> None:
    about = {"document_type": "invoices", "document_id": 1}
    assert "cc" in problems("send_email", {**about, "email": "a@x.example.pt, b@x.example.pt"})["email"]
    assert (
        "one line"
        in problems("send_email", {**about, "email": "a@x.example.pt", "subject": "a\nb"})["subject"]
    )


# --- updates


@pytest.mark.anyio
async def test_an_update_with_empty_fields_changes_only_what_has_a_value(harness: Harness) -> None:
    before = (await harness.call("get_client", {"client": "ACME"}))["client"]
    empty = dict.fromkeys(("email", "fiscal_id", "address", "city", "postal_code", "website"), "")
    after = await harness.call("update_client", {"client": "ACME", "phone": "220000009", **empty})
    assert after["client"] == {**before, "phone": "220000009"}


@pytest.mark.anyio
async def test_a_field_is_emptied_where_it_is_named(harness: Harness) -> None:
    before = (await harness.call("get_client", {"client": "ACME"}))["client"]
    assert before["email"]
    changed = await harness.call("update_client", {"client": "ACME", "clear": ["email"]})
    after = (await harness.call("get_client", {"client": "ACME"}))["client"]
    assert "email" not in after
    assert {**after, "email": before["email"]} == before
    (undo,) = changed["undo"]["calls"]
    await harness.call(undo["tool"], undo["arguments"])
    assert (await harness.call("get_client", {"client": "ACME"}))["client"] == before


@pytest.mark.anyio
async def test_a_tax_number_is_taken_away_only_where_it_is_accepted(harness: Harness) -> None:
    refused = await harness.get_error("update_client", {"client": "ACME", "clear": ["fiscal_id"]})
    assert refused.code == "acceptance_needed"
    assert "fiscal_id" in (await harness.call("get_client", {"client": "ACME"}))["client"]
    await harness.call(
        "update_client", {"client": "ACME", "clear": ["fiscal_id"], "accept": ["tax_number_removed"]}
    )
    assert "fiscal_id" not in (await harness.call("get_client", {"client": "ACME"}))["client"]


@pytest.mark.parametrize(
    ("name", "about", "cleared", "told"),
    [
        ("update_client", {"client_id": 501}, {"clear": ["name"]}, "only these can be emptied"),
        ("update_client", {"client_id": 501}, {"clear": ["nif"]}, "only these can be emptied"),
        ("update_client", {"client_id": 501}, {"clear": ["email"], "email": "a@x.example.pt"}, "emptied at once"),
        ("update_invoice", {"document_type": "invoices", "document_id": 1}, {"clear": ["items"]}, "only these"),
    ],
)  # fmt: skip
def test_what_cannot_be_emptied_is_refused(name: str, about: Json, cleared: Json, told: str) -> None:
    assert told in problems(name, {**about, **cleared})["clear"]


@pytest.mark.anyio
async def test_the_reference_of_a_draft_is_emptied_where_it_is_named(harness: Harness) -> None:
    made = (await harness.call("create_invoice", invoice(reference="PO-7", observations="Nota")))["document"]
    about = {"document_type": "invoices", "document_id": made["id"]}
    kept = (await harness.call("update_invoice", {**about, "reference": "", "due_date": "+60d"}))["document"]
    assert kept["reference"] == "PO-7"
    after = (await harness.call("update_invoice", {**about, "clear": ["reference"]}))["document"]
    assert "reference" not in after
    assert after["observations"] == "Nota"


# --- placeholders of programs


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reference": "null"}, "reference"),
        ({"observations": "undefined"}, "observations"),
        ({"client": {"name": "undefined undefined", "code": "U1"}}, "client.name"),
        ({"items": [line(name="[object Object]")]}, "items.0.name"),
        ({"items": [line(description="NaN")]}, "items.0.description"),
        ({"reference": "{{ $json.order }}"}, "reference"),
        ({"reference": "undefined, undefined"}, "reference"),
        ({"observations": "${notes}"}, "observations"),
    ],
)
async def test_a_text_that_stands_for_a_missing_value_is_asked_about(
    harness: Harness, changes: Json, field: str
) -> None:
    error = await harness.get_error("create_invoice", invoice(**changes))
    assert [one.field for one in error.problems] == [field]
    assert error.details["accept"] == ["placeholder_texts"]
    made = await harness.call("create_invoice", invoice(**changes, accept=["placeholder_texts"]))
    assert made["ok"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "text", ["Nulle part", "null modem", "None of the above", "Undefined Lda.", "N/A", "{3}", "a {{b}} c"]
)
async def test_a_text_that_only_contains_such_a_word_is_not(harness: Harness, text: str) -> None:
    assert (await harness.call("create_invoice", invoice(reference=text)))["ok"]
