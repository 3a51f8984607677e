"""Two sweeps over every field that a draft takes, read from the classes: none is lost by an update, none is approved unseen.

A field that somebody adds is swept without anybody listing it. What each field needs around it to be possible at all stands in
SITUATIONS; a field that fits no value of its kind below fails here until it is given two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from secrets import token_hex
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ix_tools.approvals.models import Approval
from ix_tools.domain.field_marks import NotShown, Printed, Stored, Unreturned, fields_with
from ix_tools.domain.records import Document
from ix_tools.i18n.messages import render
from ix_tools.interfaces.cli.tables import Report
from ix_tools.interfaces.web import rendering
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import WirePath
from ix_tools.pipeline.seen_records import SeenRecords
from ix_tools.storage.lookups import Lookups
from tests.harness import Harness, Json, document_arguments, exempt_line, guide, invoice, line
from tests.interfaces.mcp.sandbox_documents import send_raw
from tests.interfaces.web.visitor import extract_text

CREATES = {
    "create_invoice": "update_invoice",
    "create_guide": "update_guide",
    "create_estimate": "update_estimate",
}
BASE: dict[str, Json] = {
    "create_invoice": invoice(),
    "create_guide": guide(),
    "create_estimate": {**invoice(), "document_type": "quotes"},
}
Path = tuple[str, ...]


@dataclass(frozen=True)
class Situation:
    """What a field needs around it, and two values where those of its kind do not fit."""

    around: Json = field(default_factory=dict)
    values: tuple[Any, Any] | None = None


NEW_CLIENT = {"name": "Padaria Central, Lda", "code": "PADARIA"}
SITUATIONS: dict[str, Situation] = {
    "date": Situation(values=("2026-11-20", "2026-11-19")),
    "due_date": Situation(values=("2026-12-20", "2026-12-21")),
    "loaded_at": Situation(values=("2026-11-20T12:00", "2026-11-20T15:30")),
    "tax_exemption": Situation({"items": [exempt_line()]}, ("M07", "M01")),
    "series": Situation(values=("2026", "B2026")),
    "sequence_id": Situation(values=("2026", "B2026")),  # by name: every type has an id of its own in them
    "owner_invoice_id": Situation(values=("2026-11-20", "2026-11-19")),  # guides of these days
    "currency_code": Situation({"rate": "1.1", "accept": ["currency_only_prints"]}, ("USD", "GBP")),
    "rate": Situation({"currency_code": "USD", "accept": ["currency_only_prints"]}, ("1.1", "1.2")),
    "global_discount.value_type": Situation(
        {"global_discount": {"value": 5}, "items": [line(quantity=2)], "accept": ["global_discount"]},
        ("percentage", "absolute"),
    ),
    "global_discount.value": Situation(
        {"global_discount": {"value_type": "absolute"}, "accept": ["global_discount"]}, (5, 6)
    ),
    "client.id": Situation({"client": None}, (501, 502)),
    "client.fiscal_id": Situation({"client": NEW_CLIENT}, ("508025338", "501964843")),
    "client.name": Situation({"client": {"code": "NOVO"}}, ("Ana Um", "Ana Dois")),
    "client.code": Situation({"client": {"name": "Ana Um"}}, ("A1", "A2")),
    "items.tax": Situation(values=("IVA23", "IVA6")),
    "items.unit": Situation(values=("hour", "day")),
    "client.country": Situation({"client": NEW_CLIENT}, ("PT", "ES")),
    "client.website": Situation({"client": NEW_CLIENT}, ("https://um.example", "https://dois.example")),
}
BY_KIND: dict[Any, tuple[Any, Any]] = {
    bool: (True, False),
    str: ("Palavra Um", "Palavra Dois"),
    int: (3, 4),
    Decimal: ("3", "4"),
}
SPECIAL_TEXT = {
    "country": ("PT", "ES"),
    "email": ("um@exemplo.example", "dois@exemplo.example"),
    "postal_code": ("1000-555", "4000-001"),
}


def swept(model: type[BaseModel], before: Path = ()) -> Iterator[tuple[Path, FieldInfo, type[BaseModel]]]:
    """Every field that is sent, at every depth."""
    for name, info in model.model_fields.items():
        at = next((one for one in info.metadata if isinstance(one, WirePath)), None)
        if at is not None and not at.path:
            continue  # ours, never sent; a series' name is sent as its id
        inner = next((one for one in models(info.annotation)), None)
        if inner is not None:
            yield from swept(inner, (*before, name))
        else:
            yield (*before, name), info, model


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in get_args(annotation):
        yield from models(one)


def kinds(annotation: Any) -> Iterator[Any]:
    """The plain types and allowed words of an annotation."""
    origin = get_origin(annotation)
    if origin is Literal:
        yield from get_args(annotation)
    elif origin in {Union, UnionType, list}:
        for one in get_args(annotation):
            yield from kinds(one)
    elif origin is not None and hasattr(annotation, "__metadata__"):
        yield from kinds(get_args(annotation)[0])
    elif annotation is not type(None):
        yield annotation


def values(path: Path, info: FieldInfo) -> tuple[Any, Any]:
    """Two values that a field can have."""
    situation = SITUATIONS.get(".".join(path))
    if situation is not None and situation.values is not None:
        return situation.values
    if path[-1] in SPECIAL_TEXT:
        return SPECIAL_TEXT[path[-1]]
    found = list(kinds(info.annotation))
    words = [one for one in found if isinstance(one, str)]
    if len(words) >= 2:
        return words[0], words[1]
    for kind in found:
        if kind in BY_KIND:
            return BY_KIND[kind]
    raise AssertionError(f"say two values of {'.'.join(path)} ({info.annotation})")


FIELDS = [
    pytest.param(name, path, info, id=f"{name}-{'.'.join(path)}")
    for name in CREATES
    for path, info, _ in swept(catalogue()[name])
    if path[0] not in {"document_type", "proprietary_uid"}
    and (name == "create_invoice" or path[0] != "client")
]
"""The kind of document is no field of it, the unique id travels beside it and with creating alone, clients are one class for all."""
every_field = pytest.mark.parametrize(("name", "path", "info"), FIELDS)


def test_the_sweeps_know_every_class_of_drafts() -> None:
    assert set(CREATES) == {
        name for name in catalogue() if name in {f"create_{one}" for one in ("invoice", "guide", "estimate")}
    }
    assert len(FIELDS) > 60


def mark_of(operation: type[Operation[Any]], path: Path, mark: Any) -> Any:
    model: type[BaseModel] = operation
    for name in path[:-1]:
        model = next(models(model.model_fields[name].annotation))
    return fields_with(model, mark).get(path[-1]) or (
        fields_with(operation, mark).get(path[0]) if len(path) > 1 else None
    )


TAKEN_OVER = {
    "client",
    "items",
    "currency_code",
    "rate",
    "address_from",
    "address_to",
    "tax_exemption_reason",
}
"""What an update takes over in its own way: the client by its id, lines rebuilt, the second currency by its name, whole addresses."""


@every_field
def test_every_field_that_is_sent_says_what_becomes_of_it(name: str, path: Path, info: FieldInfo) -> None:
    """Stored or Unreturned (ix_tools/domain/field_marks.py), or taken over as a whole."""
    operation = catalogue()[name]
    marked = mark_of(operation, path, Stored) or mark_of(operation, path, Unreturned)
    assert marked is not None or path[0] in TAKEN_OVER


# --- arguments ------------------------------------------------------------------------------------------------------


async def arguments(harness: Harness, name: str, path: Path, value: Any) -> Json:
    """A whole call with one field set."""
    situation = SITUATIONS.get(".".join(path), Situation())
    given = {**BASE[name], **situation.around, "idempotency_key": token_hex(8)}
    if path[0] == "client" and "client" not in situation.around:
        given["client"] = dict(NEW_CLIENT)
    if path == ("owner_invoice_id",):
        moved = await harness.call("create_guide", guide(date=value, idempotency_key=value))
        issued = await harness.call("change_state", document_arguments(moved["document"], state="finalized"))
        value = issued["document"]["id"]
    if path == ("mb_reference",):
        harness.sandbox.set_option("mb_references", True)
    if path == ("sequence_id",):
        kind = {"create_guide": "transport", "create_estimate": "quote"}.get(name, "invoice")
        rows = harness.read_raw("/sequences.json")["sequences"]
        value = next(one[f"current_{kind}_sequence_id"] for one in rows if one["serie"] == value)
    return placed(given, path, value)


def placed(given: Json, path: Path, value: Any) -> Json:
    """A call with a value put at a path; lists get it in their first row."""
    top, *rest = path
    if not rest:
        return {**given, top: value}
    inside = given.get(top)
    if isinstance(inside, list):
        return {**given, top: [placed(inside[0], tuple(rest), value), *inside[1:]]}
    return {**given, top: placed(inside or {}, tuple(rest), value)}


def found_in(body: Any, path: Path) -> Any:
    """What a request carries for a field; a tax travels as its name."""
    for name in path:
        body = body[0] if isinstance(body, list) and body else body
        body = body.get(name) if isinstance(body, dict) else None
    return body.get("name") if isinstance(body, dict) and set(body) == {"name"} else body


# --- nothing is lost by an update ---------------------------------------------------------------------------------


@every_field
async def test_no_field_is_lost_by_an_update_of_another_one(
    harness: Harness, name: str, path: Path, info: FieldInfo
) -> None:
    """An update is a full replacement: every field travels again, or the stored record behind it keeps it, or a rule asks."""
    if path == ("tax_exemption_reason",):
        return  # it says what an update takes away
    made = (await harness.call(name, await arguments(harness, name, path, values(path, info)[0])))["document"]
    before = harness.get_last_body()
    assert found_in(before, path) is not None or path[0] == "client"
    other = "observations" if path[0] != "observations" else "reference"
    record = client_of(harness, made)
    await harness.call(CREATES[name], document_arguments(made, **{other: "outra coisa"}))
    after = harness.get_last_body()
    if path[0] == "client":
        assert client_of(harness, made) == record
    else:
        assert found_in(after, path) == found_in(before, path)


def client_of(harness: Harness, document: Json) -> Json:
    kind = document["document_type"].removesuffix("s")
    raw = harness.read_raw(f"/{document['document_type']}/{document['id']}.json")[kind]
    number = (raw.get("client") or {}).get("id")
    return {"of": number, **(harness.read_raw(f"/clients/{number}.json")["client"] if number else {})}


@every_field
async def test_no_field_of_a_draft_written_elsewhere_is_lost_without_a_word(
    harness: Harness, name: str, path: Path, info: FieldInfo
) -> None:
    """The journal knows nothing of it: it is taken over, or a rule names the field."""
    if path[0] in {"tax_exemption_reason", "client"}:
        return  # a client's record is kept above, whoever wrote the document
    made = (await harness.call(name, await arguments(harness, name, path, values(path, info)[0])))["document"]
    body, kind = harness.get_last_body(), made["document_type"]
    copy = await send_raw(harness, "POST", f"/{kind}.json", {kind.removesuffix("s"): body})
    other = "observations" if path[0] != "observations" else "reference"
    change = {"document_type": kind, "document_id": copy["id"], other: "outra coisa"}
    if name == "create_guide" and path != ("loaded_at",):
        change["loaded_at"] = "2026-11-20T12:00"
    refused = await harness.get_error(CREATES[name], change)
    if path[0] in {one.field for one in refused.problems}:
        return
    await harness.call(CREATES[name], {**change, "accept": refused.details["accept"]})
    assert found_in(harness.get_last_body(), path) == found_in(body, path)


# --- nothing is approved unseen -----------------------------------------------------------------------------------


@every_field
async def test_every_field_that_is_printed_changes_what_the_approver_reads(
    harness: Harness, name: str, path: Path, info: FieldInfo
) -> None:
    """Two documents that differ in one field are two different texts and pages; what is not shown says why."""
    mark = mark_of(catalogue()[name], path, NotShown)
    if mark is not None:
        assert mark.why
        return
    one, other = values(path, info)
    (text, page), (other_text, other_page) = [
        shown_of((await waiting(harness, name, path, value))[1]) for value in (one, other)
    ]
    assert text != other_text
    assert page != other_page


async def test_the_same_document_is_the_same_text_and_page(harness: Harness) -> None:
    """Or the sweep above would see a difference where no field makes one."""
    path = ("reference",)
    first, second = [
        shown_of((await waiting(harness, "create_invoice", path, "Palavra"))[1]) for _ in range(2)
    ]
    assert first == second


async def waiting(harness: Harness, name: str, path: Path, value: Any) -> tuple[Document, Approval]:
    """A draft with this value in an account that has nothing else, and the approval that finalizing it waits for."""
    harness.sandbox.reset()
    harness.sandbox.set_option("rate_limit", 1_000_000)
    harness.context = replace(harness.context, seen=SeenRecords())  # ids begin anew
    Lookups(harness.context.store, harness.context.account.name).forget_all()
    harness.context.settings = harness.context.settings.model_copy(update={"language": "pt"})
    if value == "B2026":
        await harness.call("register_sequence", {"series": value})
    made = (await harness.call(name, await arguments(harness, name, path, value)))["document"]
    return Document.model_validate(made), await harness.request_approval(
        "change_state", document_arguments(made, state="finalized")
    )


def shown_of(approval: Approval) -> tuple[str, str]:
    """An approval as text and as a page, without what is its own and not the document's."""
    page = extract_text(rendering.render_approval(approval, "pt", rendering.PageState(approval.created_at)))
    return approval.text, page.replace(approval.id, "")


HEADED = [one for one in FIELDS if mark_of(catalogue()[str(one.values[0])], one.values[1], Printed)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "path", "info"), HEADED)
async def test_a_printed_field_stands_under_its_heading_by_being_marked(
    harness: Harness, name: str, path: Path, info: FieldInfo
) -> None:
    """In the approval's text, on its page, and, where it reads back, in the terminal."""
    mark: Printed = mark_of(catalogue()[name], path, Printed)
    heading = render(mark.message, "pt")
    value = values(path, info)[0]
    document, approval = await waiting(harness, name, path, value)
    text, page = shown_of(approval)
    said_value = "sim" if value is True else str(value)
    assert f"{heading}: {said_value}" in text
    assert f"{heading} {said_value}" in page
    if mark_of(catalogue()[name], path, Stored):
        blocks = Report("pt")
        blocks.add_document(document)
        assert f"{heading} {said_value}" in " ".join(blocks.render().split())


@pytest.mark.parametrize(
    ("name", "path", "info"),
    [
        one
        for one in HEADED
        if one.values[0] == "create_invoice" and fields_with(Document, Stored).get(one.values[1][0])  # type: ignore[index]
    ],
)
async def test_a_printed_text_that_changed_since_is_noticed_by_issuing(
    harness: Harness, name: str, path: Path, info: FieldInfo
) -> None:
    """`issue_invoice` goes on from its draft; the person must accept what somebody changed in it meanwhile."""
    before, now = values(path, info)
    call = await arguments(harness, name, path, before)
    await harness.request_approval("issue_invoice", call)
    made = await harness.call("create_invoice", call)
    await harness.call("update_invoice", document_arguments(made["document"], **{path[0]: now}))
    asked = await harness.request_approval("issue_invoice", call)
    assert asked.differs
    mark = fields_with(Document, Printed)[path[0]]
    assert f"{mark.heading}: asked {before}, stored {now}" in asked.text
