"""The retyped facts agree with the vendor's earlier documents, plain pages read by their own layout."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PAGES = HERE.parents[1].parent / "shared" / "api" / "seeds"

pytestmark = pytest.mark.skipif(not PAGES.exists(), reason="the vendor's description is not on this machine")


def facts(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / name).read_text(encoding="utf-8"))
    return read


def page(name: str) -> str:
    return (PAGES / f"{name}.txt").read_text(encoding="utf-8")


def earlier_operations() -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = facts("seed_operations.json")["operations"]
    return read


def chapter(operation: dict[str, Any]) -> str:
    """The part of the invoices page that tells one operation: from its own route to the next one's."""
    text = page("invoices-v2")
    starts = [
        (match.start(), match[0])
        for match in re.finditer(r"^(GET|POST|PUT|DELETE) /\S+$", text, re.MULTILINE)
    ]
    for (start, route), (end, _) in zip(starts, [*starts[1:], (len(text), "")], strict=True):
        if route == f"{operation['method']} {operation['path']}":
            return text[start:end]
    raise AssertionError(operation["path"])


def parameters(operation: dict[str, Any], place: str) -> list[str]:
    return [each["name"] for each in operation["parameters"] if each["in"] == place]


def keys_by_indent(lines: list[str]) -> list[str]:
    """Body keys of an annotated sample: each key stands on a line of its own, indented under its parent."""
    keys: list[str] = []
    parents: dict[int, str] = {}
    for line in lines:
        found = re.match(r'( +)"?(\w+)"?: (\[?)', line)
        if not found or line.rstrip().endswith("{ ... }"):
            continue
        indent = len(found[1])
        parents = {depth: key for depth, key in parents.items() if depth < indent}
        above = parents[max(parents)] + "." if parents else ""
        parents[indent] = above + found[2] + ("[]" if found[3] else "")
        keys.append(parents[indent])
    return keys


def keys_of(body: Any, path: str = "") -> list[str]:
    if isinstance(body, list):
        return [f"{path}[]", *keys_of(body[0], f"{path}[]")[1:]]
    own = [path] if path or not isinstance(body, dict) else []
    if isinstance(body, dict):
        for name, child in body.items():
            own += keys_of(child, f"{path}.{name}" if path else name)
    return own


INVOICE_PAGE = [each for each in earlier_operations() if each["document"] == "invoices"]


def test_every_route_of_the_earlier_invoices_page_is_retyped() -> None:
    routes = re.findall(r"^(GET|POST|PUT|DELETE) (/\S+)$", page("invoices-v2"), re.MULTILINE)
    assert [(each["method"], each["path"]) for each in INVOICE_PAGE] == routes


@pytest.mark.parametrize("operation", INVOICE_PAGE, ids=lambda each: each["name"])
def test_an_earlier_invoice_operation_keeps_every_parameter_and_status(operation: dict[str, Any]) -> None:
    text = chapter(operation)
    told, _, answers = text.partition("\nResponses\n")
    named = re.findall(r"^(\S+) (?:String|Integer|Boolean|Number) (?:Required|Optional)$", told, re.MULTILINE)
    assert parameters(operation, "path") + parameters(operation, "query") == named
    sample = told.partition("\nRequest Body\n")[2].splitlines()
    assert parameters(operation, "body") == keys_by_indent(sample)
    assert operation["statuses"] == [
        int(each) for each in re.findall(r"^(\d{3}) [A-Z]", answers, re.MULTILINE)
    ]


@pytest.mark.parametrize("operation", INVOICE_PAGE, ids=lambda each: each["name"])
def test_an_earlier_invoice_operation_requires_what_its_page_requires(operation: dict[str, Any]) -> None:
    words = {"Required": True, "Optional": False, "Required/Optional": "depends"}
    sample = chapter(operation).partition("\nResponses\n")[0].partition("\nRequest Body\n")[2]
    told = [
        words[each]
        for each in re.findall(r"^\[(Required|Optional|Required/Optional)\]", sample, re.MULTILINE)
    ]
    nested = {"message", "message.client", "invoice", "partial_payment", "receipt"}  # told without a bracket
    retyped = [
        each["required"]
        for each in operation["parameters"]
        if each["in"] == "body" and each["name"] not in nested
    ]
    assert retyped == told


def test_the_earlier_guide_update_keeps_every_parameter() -> None:
    text = page("guides-update-v2")
    operation = next(each for each in earlier_operations() if each["document"] == "guides")
    example = text.partition("Example Request Body")[2].partition("\nResponses\n")[0]
    assert sorted(parameters(operation, "body")) == sorted(keys_of(json.loads(example)))
    listed = text.partition("\nRequest Body\n")[2].partition("Example Request Body")[0]
    told = re.findall(
        r"^(\w+) (?:String|Object|Number|Array) (Required|Depends|)",
        listed,
        re.MULTILINE,
    )
    words = {"Required": True, "Depends": "depends", "": False}
    assert [(name, words[word]) for name, word in told] == [
        (each["name"].rpartition(".")[2].removesuffix("[]"), each["required"])
        for each in operation["parameters"]
        if each["in"] == "body"
    ]
    assert operation["statuses"] == [int(each) for each in re.findall(r"^(\d{3}) [A-Z]", text, re.MULTILINE)]


@pytest.mark.parametrize(
    ("name", "document"), [("List all", "sequences-list-v2"), ("Register", "sequences-register-v2")]
)
def test_the_earlier_sequence_pages_keep_route_and_statuses(name: str, document: str) -> None:
    operation = next(each for each in earlier_operations() if each["name"] == name)
    assert f"\n{operation['method']} {operation['path']}\n" in page(document)
    told = re.findall(r"^(\d{3}) ?[A-Z]", page(document), re.MULTILINE)
    assert operation["statuses"] == [int(each) for each in told]


def test_the_earliest_sequence_update_keeps_every_parameter_and_message() -> None:
    text = page("sequences-update-v1")
    operation = next(each for each in earlier_operations() if each["name"] == "sequences.update")
    told = re.findall(r"^(\w+)\n\n.+\nRules: ?(Required|Optional)", text, re.MULTILINE)
    assert [(name, rule == "Required") for name, rule in told if name != "api_key"] == [
        (each["name"].removeprefix("sequence."), each["required"])
        for each in operation["parameters"]
        if each["in"] == "body" and each["name"] != "sequence"
    ]
    assert operation["statuses"] == [int(each) for each in re.findall(r"^HTTP: (\d{3})", text, re.MULTILINE)]
    shapes = [each for each in facts("error_shapes.json")["shapes"] if each["origin"] == "v1"]
    assert [each["messages"][0] for each in shapes] == re.findall(r"<error>(.+)</error>", text)


def test_the_earlier_list_of_exemption_codes_is_the_printed_one() -> None:
    printed = re.findall(r"Must be one of the following: ([^.]+)\.", page("invoices-v2"))
    assert {tuple(each.split(", ")) for each in printed} == {tuple(facts("exemption_codes.json")["older"])}
