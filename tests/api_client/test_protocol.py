"""Wire protocol: every error format becomes one error, and every call the request that the vendor describes."""

import json
import re
import time
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ix_tools import errors
from ix_tools.api_client import protocol
from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.domain.records import Sequence
from ix_tools.domain.types import Record
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import LISBON
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec
from ix_tools.pipeline.execute import parse
from tests.harness import Harness, exempt_line, guide, invoice, line
from tests.rows import every_row

VENDOR = Path(__file__).parents[1] / "vendor"
SHAPES = json.loads((VENDOR / "error_shapes.json").read_text(encoding="utf-8"))["shapes"]
CURRENT = json.loads((VENDOR / "operations.json").read_text(encoding="utf-8"))
SEED = json.loads((VENDOR / "seed_operations.json").read_text(encoding="utf-8"))["operations"]
READ, WRITE = protocol.Request("GET", "/x.json"), protocol.Request("POST", "/x.json", body=b"{}")
SENT = {name: one for name, one in catalogue().items() if one.spec.route is not None}


def answer(shape: dict[str, Any]) -> protocol.Response:
    body = shape["body"]
    content = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return protocol.Response(shape["status"], content)


# --- errors ------------------------------------------------------------------------------------------------


@every_row("shape", SHAPES)
def test_every_published_error_is_read(shape: dict[str, Any]) -> None:
    """Covers every known error format; field and message are joined by a colon or a space."""
    said, code = protocol.extract_messages(answer(shape))
    if shape["content_type"] == "text/html":
        assert said == ["an HTML page instead of a response"]
        return
    assert [
        one.replace(": ", " ", 1) if ": " not in expected else one
        for one, expected in zip(said, shape["messages"], strict=True)
    ] == shape["messages"]
    assert code == "".join(shape["codes"])


KINDS: dict[int, type[errors.ServiceError]] = {
    401: errors.AccessDenied,
    404: errors.NotFound,
    406: errors.Rejected,
    409: errors.Conflict,
    422: errors.Rejected,
    429: errors.RateLimited,
    500: errors.Unavailable,
    502: errors.Unavailable,
}


@every_row("shape", [one for one in SHAPES if one["status"] >= 300])
@every_row("request_", [READ, WRITE])
def test_every_published_error_becomes_one_of_ours_and_says_what_was_sent(
    shape: dict[str, Any], request_: protocol.Request
) -> None:
    error = protocol.build_error(request_, answer(shape), "x")
    assert type(error) is KINDS[shape["status"]]
    assert str(error.next)
    assert "<" not in str(error)
    unknown = request_.writes and shape["status"] >= 500
    assert error.sent == ("unknown" if unknown else "refused")
    assert not (request_.writes and error.retryable and shape["status"] != 429)
    if isinstance(error, errors.Rejected | errors.Conflict):
        assert all(message.split(" ")[-1] in str(error) for message in shape["messages"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", []),
        (b"  \n", []),
        (b"Too Many Requests", ["Too Many Requests"]),
        (b'"only a text"', ["only a text"]),
        (b"[]", []),
        (b"{}", []),
        (b"null", []),
        (b"7", []),
        (b'{"errors": null}', []),
        (b'{"errors": ["one", "two", "three"]}', ["one", "two", "three"]),
        (b'{"errors": [{"message": "m"}, {"error": "e"}]}', ["m", "e"]),
        (b'{"errors": {"email": ["is blank", "is short"]}}', ["email: is blank", "email: is short"]),
        (b"<errors><error>a</error><error>b</error></errors>", ["a", "b"]),
        (b"<errors></errors>", []),
        (b"<!DOCTYPE html><p>no", ["an HTML page instead of a response"]),
        (b"\xff\xfe", ["\ufffd\ufffd"]),
        (b"[" * 100_000, [("[" * 200)]),
    ],
)
def test_an_error_in_any_other_shape_is_read_as_far_as_it_goes(body: bytes, said: list[str]) -> None:
    assert protocol.extract_messages(protocol.Response(422, body))[0] == said


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("Razão de isenção deve ter uma opção selecionada", "lookup_exemption_codes"),
        ("A série não corresponde ao tipo de documento", "list_sequences"),
        ("Date cannot be earlier than the last invoice of this sequence[02 Aug 26]", "list_sequences"),
        ("Contribuinte não é válido", "checked as a pair"),
        ("Fiscal is invalid", "checked as a pair"),
        ("Country PT was not found", "ISO code"),
        ("Due date must be later than date", "due_date"),
        ("Vencimento deve ser igual ou posterior à data do documento", "due_date"),
        ("O documento já foi finalizado, não pode ser alterado.", "credit note"),
        ("O total não pode ser superior ao total dos documentos relacionados", "what is left"),
        ("something new", "correct it"),
    ],
)
def test_a_refusal_in_either_language_comes_with_a_next_step(text: str, advice: str) -> None:
    body = json.dumps({"errors": [{"error": text}]}).encode()
    error = protocol.build_error(WRITE, protocol.Response(422, body), "x")
    assert advice in str(error.next)
    assert text in str(error)


def test_a_wait_that_was_asked_for_is_passed_on() -> None:
    error = protocol.build_error(READ, protocol.Response(429, b"", {"retry-after": "17"}), "x")
    assert ("wait 17 seconds" in str(error.next), error.retryable, error.details) == (
        True,
        True,
        {"retry_after": 17},
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error(status: int) -> None:
    """Trap 7: the link would contain the key."""
    assert "never followed" in str(protocol.build_error(READ, protocol.Response(status, b""), "x"))


# --- requests: each operation's example --------------------------------------------------------------------


def examples() -> list[tuple[str, dict[str, Any]]]:
    found = [(name, dict(one.spec.example)) for name, one in SENT.items() if name != "find_client"]
    types = ("simplified_invoices", "invoice_receipts", "vat_moss_invoices", "credit_notes", "debit_notes")
    found += [
        ("create_invoice", invoice(document_type=kind, client={"name": "ACME, Lda", "code": "ACME"}))
        for kind in types
    ]
    whole = {
        "items": [line(description="d", unit="hour", discount=5), exempt_line()],
        "client": {
            **dict.fromkeys(
                ("name", "code", "address", "city", "postal_code", "website", "phone", "fax", "observations"),
                "x",
            ),
            "email": "a@acme.pt",
            "country": "PT",
            "fiscal_id": "508025338",
        },
        "reference": "r",
        "observations": "o",
        "retention": 5,
        "tax_exemption": "M07",
        "sequence_id": 70000,
        "manual_sequence_number": "7",
    }
    more = {
        "mb_reference": True,
        "owner_invoice_id": 7,
        "currency_code": "USD",
        "rate": "1.1",
        "tax_exemption_reason": "M00",
    }
    discount = {"value_type": "percentage", "value": 5}
    every = {**whole, **more, "global_discount": discount}
    found.append(("create_invoice", invoice(**every, proprietary_uid="u")))
    found.append(("update_invoice", invoice(**every, document_type="invoices", document_id=1001)))
    sites = {
        "license_plate": "11-AA-22",
        "load_site": "l",
        "delivery_site": "d",
        "tax_exemption_reason": "M00",
    }
    found.append(("update_guide", guide(**whole, **sites, document_id=1001)))
    found.append(("create_guide", guide(**whole, **sites)))
    everything = {
        "document_type": "invoices",
        "document_id": 1,
        "email": "a@acme.pt",
        "save": True,
        "subject": "s",
        "body": "b",
    }
    found.append(("send_email", {**everything, "cc": "c@acme.pt", "bcc": "d@acme.pt", "logo": True}))
    found.append(
        ("change_state", {"document_type": "invoices", "document_id": 1, "state": "canceled", "message": "m"})
    )
    pay = {
        "document_id": 1,
        "amount": 1,
        "payment_mechanism": "MB",
        "payment_date": "2026-11-20",
        "note": "n",
        "serie": "S",
    }
    found.append(("generate_payment", pay))
    dates = dict.fromkeys(("date_from", "date_to", "due_date_from", "due_date_to"), "2026-11-20")
    sums = {"total_before_taxes_from": 1, "total_before_taxes_to": 2}
    found.append(
        ("list_invoices", {**dates, **sums, "text": "t", "reference": "r", "page": 2, "per_page": 10})
    )
    found.append(("get_pdf", {"document_id": 1, "second_copy": True}))
    numbers = dict.fromkeys(
        ("current_invoice_number", "current_credit_note_number", "current_debit_note_number"), 1
    )
    found.append(("update_sequence", {"sequence_id": 1, "serie": "S", **numbers, "default_sequence": 1}))
    return found


EXAMPLES = examples()
PUBLISHED_AS = {"invoice": "invoice", "guide": "shipping", "estimate": "quote"}
"""The envelope that the description shows for a family of types."""


def pattern(path: str) -> str:
    path = re.sub(r"/:[a-z-]+", "/{x}", path)
    return re.sub(r"\{[^}]*\}", "[^/]+", path.replace(".", r"\."))


def keys(body: Any, under: str = "") -> set[str]:
    """Return full paths as in the vendor facts: `invoice.items[].tax.name`."""
    if isinstance(body, list):
        return {f"{under}[]"} | {key for one in body for key in keys(one, f"{under}[]")}
    if isinstance(body, dict):
        dot = f"{under}." if under else ""
        return ({under} if under else set()) | {
            key for name, value in body.items() for key in keys(value, dot + name)
        }
    return {under}


def as_published(name: str, request: protocol.Request) -> dict[str, Any]:
    """Return the vendor's row for a request, from the current description or an older one."""
    rows = [*CURRENT["operations"], *CURRENT["older"], *CURRENT["observed"]]
    found = [
        one
        for one in rows
        if one["method"] == request.method and re.fullmatch(pattern(one["path"]), request.path)
    ]
    assert found, f"{name}: {request.method} {request.path} is nowhere in the vendor's description"
    kind = request.path.split("/")[1].removesuffix(".json")
    words = [
        one for one in found if any(kind in parameter.get("words", []) for parameter in one["path_params"])
    ]
    exact = [one for one in found if "{" not in one["path"].split("/")[1]]
    if kind == "vat_moss_invoices":  # only in the older documentation
        words = [one for one in found if "invoices" in str(one["path_params"])]
    row: dict[str, Any] = (words or exact or found)[0]
    return row


@pytest.mark.parametrize(
    ("name", "arguments"), EXAMPLES, ids=[f"{name}-{at}" for at, (name, _) in enumerate(EXAMPLES)]
)
def test_a_call_becomes_a_request_that_the_vendor_describes(name: str, arguments: dict[str, Any]) -> None:
    """Method, path, query and every body key; the envelope is the type's own (reading 1)."""
    request = protocol.build_request(parse(name, arguments))
    row = as_published(name, request)
    known = {one["name"] for one in row["query"]} | {"reference"}
    assert {key for key, _ in request.query} <= known
    if request.xml:
        assert request.body is not None
        root = ElementTree.fromstring(request.body)
        assert {root.tag, *(f"{root.tag}.{node.tag}" for node in root)} <= set(row["body_keys"])
        return
    body = json.loads(request.body) if request.body else {}
    sent = keys(body)
    route = catalogue()[name].spec.route
    assert route is not None
    if route.envelope and body:
        own = family = route.envelope
        if route.envelope == "{key}":
            about = get_document_kind(getattr(parse(name, arguments), "document_type"))  # noqa: B009
            own, family = about.singular, PUBLISHED_AS[about.family]
        assert set(body) - {"proprietary_uid"} == {own}
        sent = {re.sub(rf"^{own}\b", family, key) for key in sent}
    later = {
        "invoice.manual_sequence_number",
        "shipping.manual_sequence_number",
        "invoice.tax_exemption_reason",
    }
    assert sent - later <= set(row["body_keys"])
    present = {key for key in row["required_body_keys"] if key.rpartition(".")[0] in sent or "." not in key}
    partial = name.startswith("update_") and "items" not in arguments
    assert partial or {key for key in present if not key.startswith("proprietary")} - sent <= {
        "invoice.items[].description",
        "shipping.items[].description",
        "quote.items[].description",
    }


def test_every_body_key_of_the_seed_documents_can_be_sent() -> None:
    """Every parameter of the original documents is supported."""
    sent: dict[tuple[str, str], set[str]] = {}
    for name, arguments in EXAMPLES:
        request = protocol.build_request(parse(name, arguments))
        found = {key for key, _ in request.query}
        if request.xml and request.body:
            root = ElementTree.fromstring(request.body)
            found |= {root.tag, *(f"{root.tag}.{node.tag}" for node in root)}
        elif request.body:
            found |= keys(json.loads(request.body))
        for row in SEED:
            if row["method"] == request.method and re.fullmatch(pattern(row["path"]), request.path):
                sent.setdefault((row["document"], row["name"]), set()).update(found)
    for row in SEED:
        reached = sent.get((row["document"], row["name"]))
        assert reached is not None, row["name"]
        for parameter in row["parameters"]:
            if parameter["in"] != "path":
                own = {
                    re.sub(r"^(transport|shipping|invoice)\b", family, parameter["name"])
                    for family in ("transport", "shipping", "invoice")
                }
                assert own & reached, (row["name"], parameter["name"])


# --- how values travel -------------------------------------------------------------------------------------


def test_values_travel_as_text_in_the_documented_forms() -> None:
    call = parse(
        "create_guide",
        guide(items=[line(unit_price="0.10", quantity="1E+2", discount="12.500")], sequence_id=70016),
    )
    request = protocol.build_request(call)
    assert request.body is not None
    body = json.loads(request.body)["transport"]
    assert (body["date"], body["due_date"], body["loaded_at"]) == (
        "20/11/2026",
        "20/12/2026",
        "20/11/2026 12:00:00",
    )
    item = body["items"][0]
    assert (item["unit_price"], item["quantity"], item["discount"]) == ("0.1", "100", "12.5")
    assert (body["sequence_id"], body["client"]) == ("70016", {"code": "ACME"})
    assert "accept" not in body


def test_booleans_are_one_and_zero_in_bodies_and_words_in_queries() -> None:
    mail = {"document_type": "invoices", "document_id": 1, "email": "a@acme.pt", "logo": False}
    request = protocol.build_request(parse("send_email", mail))
    assert json.loads(request.body or b"")["message"] == {
        "client": {"email": "a@acme.pt", "save": "0"},
        "logo": "0",
    }
    assert dict(protocol.build_request(parse("get_pdf", {"document_id": 1, "second_copy": True})).query) == {
        "second_copy": "true"
    }
    query = dict(protocol.build_request(parse("list_invoices", {})).query)
    assert (query["non_archived"], query["archived"]) == ("true", "false")


def test_a_plugin_id_travels_inside_the_document() -> None:
    """OpenAPI createInvoice, updateInvoice: an opaque text of the plugin that created the document."""
    given = {"document_type": "invoices", "document_id": 7, "plugin_id": "plugin_123"}
    for name, call in (("create_invoice", invoice(plugin_id="plugin_123")), ("update_invoice", given)):
        body = json.loads(protocol.build_request(parse(name, call)).body or b"")
        assert body["invoice"]["plugin_id"] == "plugin_123"


def test_the_uid_travels_beside_the_envelope_and_only_when_given() -> None:
    """It must not be nested."""
    body = json.loads(
        protocol.build_request(parse("create_invoice", invoice(proprietary_uid="u-1"))).body or b""
    )
    assert (set(body), body["proprietary_uid"]) == ({"invoice", "proprietary_uid"}, "u-1")
    assert "proprietary_uid" not in str(body["invoice"])
    assert set(json.loads(protocol.build_request(parse("create_invoice", invoice())).body or b"")) == {
        "invoice"
    }


def test_dates_in_queries_are_written_as_in_bodies() -> None:
    query = dict(
        protocol.build_request(
            parse("list_invoices", {"date_from": "2026-02-01", "due_date_to": "28/02/2026"})
        ).query
    )
    assert (query["date[from]"], query["due_date[to]"]) == ("01/02/2026", "28/02/2026")


@pytest.mark.parametrize(
    ("value", "travels"),
    [
        (True, "1"),
        (False, "0"),
        (Decimal("0E-4"), "0"),
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal(100), "100"),
        (7, "7"),
        (date(987, 6, 5), "05/06/0987"),
        (datetime(2026, 3, 9, 7, 5, 4, tzinfo=LISBON), "09/03/2026 07:05:04"),
    ],
)
def test_every_kind_of_value_has_one_form(value: Any, travels: str) -> None:
    assert protocol._format_scalar(value) == travels


class Odd(Operation[Record]):
    """An operation whose path holds text."""

    word: str
    """Anything."""
    spec = Spec(
        "odd", "", Effect.READS, {}, Route("GET", "/things/{word}/part.json"), heading=Heading.DOCUMENTS
    )


@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("a/b", "a%2Fb"),
        ("../../admin", "..%2F..%2Fadmin"),
        ("a?x=1#y", "a%3Fx%3D1%23y"),
        ("ç ã", "%C3%A7%20%C3%A3"),
        ("%2e", "%252e"),
    ],
)
def test_text_in_a_path_stays_one_part_of_it(word: str, path: str) -> None:
    assert protocol.build_request(Odd(word=word)).path == f"/things/{path}/part.json"


@pytest.mark.parametrize("number", ["1/../2", "1?x", "0", "-1", "1e3", "", None, [1], 2**53, 1.5, True])
def test_an_id_in_a_path_is_a_number_and_nothing_else(number: Any) -> None:
    with pytest.raises(errors.InvalidArguments):
        parse("get_document", {"document_type": "invoices", "document_id": number})


# --- answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ({"invoice": {"id": 1}}, {"id": 1}),
        ({"simplified_invoice": {"id": 1}}, {"id": 1}),
        ({"credit_note": {"id": 1}, "invoice": {"id": 2}}, {"id": 1}),
        ({"invoice": {"id": 2}, "other": {"id": 3}}, {"id": 2}),
        ({"a": {"id": 1}, "b": {"id": 2}}, {"a": {"id": 1}, "b": {"id": 2}}),
        ([1], [1]),
        (None, None),
    ],
)
def test_an_envelope_is_opened_by_its_own_key_first(body: Any, content: Any) -> None:
    """Reading 2: the type's key everywhere live; the description writes `invoice`; else the only object there is."""
    key = "credit_note" if isinstance(body, dict) and "credit_note" in body else "simplified_invoice"
    assert protocol.unwrap(body, key) == content


def test_amounts_are_read_exactly() -> None:
    read = protocol.read_json(
        READ, protocol.Response(200, b'{"total": 0.1, "more": 1e2, "big": 12345678901234567890.12}')
    )
    assert read == {
        "total": Decimal("0.1"),
        "more": Decimal("1e2"),
        "big": Decimal("12345678901234567890.12"),
    }


@pytest.mark.parametrize(
    "body", [b"<html></html>", b"{", b"\xff", b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}"]
)
def test_what_is_not_json_is_a_clear_error(body: bytes) -> None:
    for request, sent in ((READ, "refused"), (WRITE, "unknown")):
        with pytest.raises(errors.Unreadable) as error:
            protocol.read_json(request, protocol.Response(200, body))
        assert (error.value.sent, error.value.retryable) == (sent, sent == "refused")


# --- the first version: XML -------------------------------------------------------------------------------

SEQUENCE = {
    "sequence_id": 9,
    "serie": "A&B <2026> ção",
    "current_invoice_number": 5,
    "current_credit_note_number": 0,
    "current_debit_note_number": 2,
}


def test_a_series_travels_as_xml() -> None:
    """API v1 documentation, sequences.update."""
    request = protocol.build_request(parse("update_sequence", {**SEQUENCE, "default_sequence": 1}))
    assert (request.method, request.path, request.xml) == ("PUT", "/sequences/9.xml", True)
    root = ElementTree.fromstring(request.body or b"")
    assert {node.tag: node.text for node in root} == {
        "serie": "A&B <2026> ção",
        "current_invoice_number": "5",
        "current_credit_note_number": "0",
        "current_debit_note_number": "2",
        "default_sequence": "1",
    }
    assert root.tag == "sequence"
    assert b"default_sequence" not in (protocol.build_request(parse("update_sequence", SEQUENCE)).body or b"")


def test_a_series_is_read_from_xml() -> None:
    fields = "<id type='integer'>9</id><serie>A&amp;B</serie><default_sequence>1</default_sequence>"
    body = f"<?xml version='1.0' encoding='UTF-8'?><sequence>{fields}</sequence>"
    call = parse("update_sequence", SEQUENCE)
    content = protocol.parse_response(
        call, protocol.build_request(call), protocol.Response(200, body.encode())
    )
    read: Sequence = call.parse_response(content, Facts(now=datetime(2026, 11, 20, tzinfo=LISBON))).sequence
    assert (read.id, read.serie, read.default) == (9, "A&B", True)
    assert protocol.parse_response(call, protocol.build_request(call), protocol.Response(200, b"")) is None


LAUGHS = (
    "<!DOCTYPE a [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + at)} '{f'&{chr(97 + at)};' * 10}'>" for at in range(9))
    + "]>"
)
HOSTILE = {
    "billion laughs": LAUGHS + "<sequence><serie>&j;</serie></sequence>",
    "an external entity": "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><sequence><serie>&x;</serie></sequence>",
    "an external document type": "<!DOCTYPE a SYSTEM 'http://192.0.2.1/a.dtd' [<!ENTITY x SYSTEM 'http://192.0.2.1/x'>]><a>&x;</a>",
    "cut off": "<sequence><serie>A",
    "no such encoding": "<?xml version='1.0' encoding='nonsense'?><sequence/>",
    "no xml": "ok",
    "a page": "<html><body><p>Bad Gateway</body></html>",
    "binary": "\x00\x01",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_xml_is_a_clear_error_and_nothing_else(body: str) -> None:
    call = parse("update_sequence", SEQUENCE)
    with pytest.raises(errors.Unreadable) as error:
        protocol.parse_response(call, protocol.build_request(call), protocol.Response(200, body.encode()))
    assert (error.value.sent, error.value.retryable) == ("unknown", False)
    assert "not plain XML" in str(error.value)
    said, _ = protocol.extract_messages(protocol.Response(422, body.encode()))
    assert said in ([], ["an HTML page instead of a response"], [body])


async def test_hostile_xml_on_the_road_is_no_answer_and_the_series_itself_is_looked_at(
    harness: Harness,
) -> None:
    change = {**SEQUENCE, "sequence_id": 70020, "serie": "C2026"}
    hostile: dict[str, Any] = {"status": 200, "body": HOSTILE["billion laughs"]}
    harness.sandbox.fault("PUT", r"\.xml$", **hostile)
    error = await harness.get_error("update_sequence", change)
    assert (error.code, error.sent) == ("not_carried_out", "refused")
    sent = [one["method"] for one in harness.sandbox.requests() if "sequences" in one["path"]]
    harness.sandbox.fault("PUT", r"\.xml$", **hostile)
    harness.sandbox.fault("GET", "sequences", skip=sent.index("PUT"), times=None, status=500)
    error = await harness.get_error("update_sequence", change)
    assert (error.code, error.sent) == ("outcome_unknown", "unknown")
    harness.sandbox.clear_faults()
    harness.context.store.clock = lambda: time.time() + 600  # the request cannot be under way any more
    harness.sandbox.fault("PUT", r"\.xml$", **hostile, after_commit=True)
    assert (await harness.call("update_sequence", {**change, "idempotency_key": "anew"}))["sequence"][
        "serie"
    ] == "C2026"


async def test_a_line_always_says_its_description_as_the_documentation_requires(harness: Harness) -> None:
    await harness.call("create_invoice", invoice())
    assert harness.get_last_body()["items"][0]["description"] == ""
    await harness.call("create_invoice", invoice(items=[line(name="B", description="Uma hora")]))
    assert harness.get_last_body()["items"][0]["description"] == "Uma hora"
