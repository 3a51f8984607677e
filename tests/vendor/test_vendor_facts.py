"""The retyped facts agree with the vendor's own documents, wherever those lie beside the checkout."""

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
VENDOR = HERE.parents[1].parent / "shared" / "api"

here_only = pytest.mark.skipif(
    not (VENDOR / "openapi.yaml").exists(), reason="the vendor's description is not on this machine"
)

FILES = sorted(path.name for path in HERE.glob("*.json"))


def facts(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / name).read_text(encoding="utf-8"))
    return read


# What needs no document of the vendor: each file is whole in itself.


@pytest.mark.parametrize("name", FILES)
def test_every_file_names_its_origin_and_the_day_it_was_captured(name: str) -> None:
    assert facts(name)["origin"]
    assert facts(name)["captured"] == "2026-07-07"


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_explained_in_the_readme(name: str) -> None:
    assert f"`{name}`" in (HERE / "README.md").read_text(encoding="utf-8")


def test_no_operation_is_told_twice() -> None:
    operations = facts("operations.json")["operations"]
    assert len({each["operation_id"] for each in operations}) == len(operations)
    assert len({(each["method"], each["path"]) for each in operations}) == len(operations)


@pytest.mark.parametrize(
    "operation", facts("operations.json")["operations"], ids=lambda each: each["operation_id"]
)
def test_an_operation_is_consistent_in_itself(operation: dict[str, Any]) -> None:
    assert set(operation["required_body_keys"]) <= set(operation["body_keys"])
    assert set(operation["body_words"]) <= set(operation["body_keys"])
    assert [each["name"] for each in operation["path_params"]] == re.findall(r"\{(.+?)\}", operation["path"])


def test_every_difference_names_a_current_operation() -> None:
    known = {each["operation_id"] for each in facts("operations.json")["operations"]}
    for difference in facts("operations.json")["differences"]:
        assert set(difference["operation_id"].split(", ")) <= known


@pytest.mark.parametrize("sample", facts("rounding_samples.json")["samples"], ids=lambda each: each["name"])
def test_the_samples_follow_the_rule_of_rounding_once(sample: dict[str, Any]) -> None:
    def cents(amount: Decimal) -> str:
        return str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))

    gross = net = vat = Decimal(0)
    for line in sample["lines"]:
        line_gross = Decimal(line["unit_price"]) * Decimal(line["quantity"])
        line_net = line_gross * (1 - Decimal(line["discount"]) / 100)
        line_vat = line_net * Decimal(line["rate"]) / 100
        for key, exact in (
            ("subtotal", line_net),
            ("tax_amount", line_vat),
            ("discount_amount", line_gross - line_net),
        ):
            if key in line:
                assert abs(Decimal(line[key]) - exact) <= Decimal("0.00005")
        gross, net, vat = gross + line_gross, net + line_net, vat + line_vat
    assert sample["expected"] == {
        "sum": cents(gross),
        "discount": cents(gross - net),
        "before_taxes": cents(net),
        "taxes": cents(vat),
        "total": cents(net + vat),
    }


@pytest.mark.parametrize("shape", facts("error_shapes.json")["shapes"], ids=lambda each: each["id"])
def test_each_error_shape_holds_what_it_says_can_be_read_in_it(shape: dict[str, Any]) -> None:
    text = shape["body"] if isinstance(shape["body"], str) else json.dumps(shape["body"], ensure_ascii=False)
    for message in shape["messages"]:
        field, _, rest = message.partition(" ")
        assert message in text or (field in text and rest in text)
    for code in shape["codes"]:
        assert f'"{code}"' in text
    if shape["body"] is None:
        assert shape["messages"] == []


def test_every_error_shape_belongs_to_a_known_operation() -> None:
    operations = facts("operations.json")
    words = {
        word for each in operations["operations"] for p in each["path_params"] for word in p.get("words", [])
    }

    def plain(method: str, path: str) -> str:
        path = re.sub(r"\{[a-z]+s-type\}", "{type}", path)
        first = path.split("/")[1].removesuffix(".json")
        if first in words:
            path = path.replace(first, "{type}", 1)
        return f"{method} " + re.sub(r"\{(?!type)[^}]*\}", "{id}", path)

    known = {plain(each["method"], each["path"]) for each in operations["operations"] + operations["older"]}
    known.add(plain("GET", "/invoices.json"))
    for shape in facts("error_shapes.json")["shapes"]:
        method, path = shape["endpoint"].split(" ")
        assert plain(method, path) in known, shape["endpoint"]


# What is compared with the vendor's documents, in both directions.


@cache
def description() -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (VENDOR / "openapi.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.load(text, Loader=loader)
    return read


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = description()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def section(title: str) -> str:
    found = re.search(
        rf"<summary>{title}</summary>(.*?)</details>", description()["info"]["description"], re.DOTALL
    )
    assert found, title
    return found[1]


def table(title: str) -> list[list[str]]:
    lines = [line.strip() for line in section(title).splitlines()]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][
        2:
    ]


def body_of(
    schema: dict[str, Any], path: str = "", required: bool = False
) -> dict[str, tuple[bool, list[str]]]:
    """Every key path with whether its parent requires it and its closed list of words."""
    schema = resolved(schema)
    if schema.get("type") == "array":
        path, inner = path + "[]", resolved(schema["items"])
    else:
        inner = schema
    keys = {path: (required, inner.get("enum", []))} if path else {}
    for name, child in inner.get("properties", {}).items():
        wanted = name in inner.get("required", [])
        keys |= body_of(child, f"{path}.{name}" if path else name, wanted)
    return keys


def described_operations() -> dict[str, dict[str, Any]]:
    found = {}
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            path_params, query = {}, {}
            for parameter in map(resolved, operation["parameters"]):
                schema = resolved(parameter["schema"])
                if parameter["in"] == "path":
                    path_params[parameter["name"]] = schema.get("enum", [])
                elif "properties" in schema:
                    for name, child in schema["properties"].items():
                        words = child.get("enum") or child.get("items", {}).get("enum", [])
                        query[name] = (name in schema["required"], words)
                elif parameter["name"] != "api_key":
                    query[parameter["name"]] = (parameter.get("required", False), [])
            content = operation.get("requestBody", {}).get("content", {})
            found[operation["operationId"]] = {
                "method": method.upper(),
                "path": path,
                "path_params": path_params,
                "query": query,
                "body": body_of(content["application/json"]["schema"]) if content else {},
                "statuses": [int(status) for status in operation["responses"]],
            }
    return found


def retyped_operations() -> dict[str, dict[str, Any]]:
    return {
        each["operation_id"]: {
            "method": each["method"],
            "path": each["path"],
            "path_params": {param["name"]: param.get("words", []) for param in each["path_params"]},
            "query": {param["name"]: (param["required"], param.get("words", [])) for param in each["query"]},
            "body": {
                key: (key in each["required_body_keys"], each["body_words"].get(key, []))
                for key in each["body_keys"]
            },
            "statuses": each["statuses"],
        }
        for each in facts("operations.json")["operations"]
    }


@here_only
def test_the_operations_are_the_described_ones_no_more_and_no_fewer() -> None:
    assert len(described_operations()) == 58
    assert sorted(retyped_operations()) == sorted(described_operations())


@here_only
@pytest.mark.parametrize("name", sorted(retyped_operations()))
def test_an_operation_has_the_described_path_parameters_body_and_statuses(name: str) -> None:
    assert retyped_operations()[name] == described_operations()[name]


@here_only
def test_the_exemption_codes_are_the_printed_table() -> None:
    retyped = [[row["code"], row["text"], row["law"]] for row in facts("exemption_codes.json")["current"]]
    assert retyped == table("IVA exemption codes")


@here_only
def test_the_countries_are_the_printed_list_in_its_order() -> None:
    printed = [
        line.removeprefix("- ").strip()
        for line in section("Country list").splitlines()
        if line.startswith("- ")
    ]
    assert facts("countries.json")["countries"] == printed


@here_only
def test_the_tax_regions_currencies_and_mechanisms_are_the_printed_tables() -> None:
    assert [[row["name"], row["code"]] for row in facts("tax_regions.json")["regions"]] == table(
        "Taxes country codes"
    )
    assert [
        [row["name"], row["symbol"], row["code"]] for row in facts("currencies.json")["currencies"]
    ] == table("Currency codes")
    assert [(row["code"], row["en"]) for row in facts("mechanisms.json")["mechanisms"]] == re.findall(
        r"- \*\*(\w+)\*\*: (.+)", section("Payment mechanisms")
    )


@here_only
@pytest.mark.parametrize(
    ("family", "operation"),
    [
        ("invoice", "changeInvoiceState"),
        ("estimate", "changeEstimateState"),
        ("guide", "changeGuideState"),
    ],
)
def test_the_transitions_are_the_printed_table(family: str, operation: str) -> None:
    texts = {
        each["operationId"]: each.get("description") or ""
        for methods in description()["paths"].values()
        for each in methods.values()
    }
    rows = [line.strip("| ").split("|") for line in texts[operation].splitlines() if line.startswith("|")][2:]
    printed = sorted(
        (before.strip().lower(), word.strip(" *`"), after.strip().lower()) for before, after, word, *_ in rows
    )
    retyped = facts("transitions.json")["transitions"][family]
    assert sorted((row["from"], row["word"], row["to"]) for row in retyped) == printed


@here_only
@pytest.mark.parametrize(
    ("name", "operation"), [("register_sequence", "registerSequence"), ("create_sequence", "createSequence")]
)
def test_the_registration_codes_are_the_printed_ones(name: str, operation: str) -> None:
    responses = next(
        each["responses"]
        for methods in description()["paths"].values()
        for each in methods.values()
        if each["operationId"] == operation
    )
    printed = {
        (int(status), code, message.replace("’", "'"))
        for status, answer in responses.items()
        if int(status) >= 400
        for code, message in re.findall(r"\*\*(\d{3})\*\* \| (.+?) \|", answer["description"])
    }
    if name == "register_sequence":
        printed.add((404, "006", "The sequence doesn't exist."))  # given as an example body, not in a table
    retyped = facts("registration_codes.json")["codes"]
    assert {
        (row["status"], row["code"], row["message"]) for row in retyped if row["operation"] == name
    } == printed
