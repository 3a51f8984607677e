"""The short closed lists: currencies, payment mechanisms, units, VAT rates and document types."""

import json
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ix_tools.domain.document_kinds import find_kind_by_api_type, get_document_kind, list_document_kinds
from ix_tools.fiscal.currencies import Currency, find_currency, list_currency_codes
from ix_tools.fiscal.payment_mechanisms import find_mechanism, list_mechanisms
from ix_tools.fiscal.reference_data import DATA, read_table
from ix_tools.fiscal.units import UNITS
from ix_tools.fiscal.vat_rates import Region, list_rates, list_rates_in_force


def vendor(name: str) -> Any:
    return json.loads((Path(__file__).parents[1] / "vendor" / name).read_text(encoding="utf-8"))


def test_the_currencies_are_the_vendors_with_name_and_symbol() -> None:
    printed = {row["code"]: Currency(**row) for row in vendor("currencies.json")["currencies"]}
    assert {code: find_currency(code) for code in list_currency_codes()} == printed
    assert list(list_currency_codes()) == sorted(printed)


def test_a_currency_is_found_by_its_exact_code() -> None:
    assert find_currency("EUR") == Currency(code="EUR", name="Euro", symbol="€")
    assert find_currency("eur") is None
    assert find_currency("XXX") is None


def test_the_mechanisms_are_the_vendors_thirteen_named_in_both_languages() -> None:
    printed = {row["code"]: row["en"] for row in vendor("mechanisms.json")["mechanisms"]}
    assert {each.code: each.en for each in list_mechanisms()} == printed
    assert [each.code for each in list_mechanisms()] == sorted(printed)
    assert all(each.pt and each.pt != each.en for each in list_mechanisms())


@pytest.mark.parametrize("near", ["CI", "tb", "MBWAY", ""])
def test_a_mechanism_outside_the_list_is_unknown(near: str) -> None:
    assert find_mechanism(near) is None


def test_the_units_are_the_six_accepted_ones() -> None:
    assert UNITS == ("hour", "day", "month", "unit", "service", "other")
    rule = next(
        each["rule"]
        for operation in vendor("seed_operations.json")["operations"]
        for each in operation["parameters"]
        if each["name"] == "invoice.items[].unit"
    )
    assert re.findall(r"\w+", rule.replace(" or ", " ")) == list(UNITS)


@pytest.mark.parametrize(
    ("region", "day", "percents"),
    [
        ("PT", date(2026, 1, 1), {"NOR": 23, "INT": 13, "RED": 6}),
        ("PT-AC", date(2021, 7, 1), {"NOR": 16, "INT": 9, "RED": 4}),
        ("PT-AC", date(2021, 6, 30), {"INT": 9, "RED": 4}),
        ("PT-AC", date(2015, 6, 30), {}),
        ("PT", date(2010, 12, 31), {"INT": 13, "RED": 6}),
        ("PT-MA", date(2024, 9, 30), {"NOR": 22, "INT": 12, "RED": 5}),
        ("PT-MA", date(2024, 10, 1), {"NOR": 22, "INT": 12, "RED": 4}),
    ],
)
def test_a_region_has_one_rate_of_each_kind_on_a_day(
    region: Region, day: date, percents: dict[str, int]
) -> None:
    found = list_rates_in_force(region, day)
    assert len({each.kind for each in found}) == len(found)
    assert {each.kind: each.percent for each in found} == {
        kind: Decimal(percent) for kind, percent in percents.items()
    }


def test_every_rate_names_its_source() -> None:
    assert all(each.source for each in list_rates())


def test_the_document_types_are_the_path_words_of_the_vendor() -> None:
    words = set()
    for operation in vendor("operations.json")["operations"]:
        for param in operation["path_params"]:
            words |= set(param.get("words", []))
    older = {
        "vat_moss_invoices",
        "receipts",
    }  # the first only in the earlier documents, the second never a parameter
    assert {each.plural for each in list_document_kinds()} == words | older


def test_the_types_are_the_filter_words_of_the_vendor() -> None:
    filters = set()
    for operation in vendor("operations.json")["operations"]:
        for param in operation["query"]:
            filters |= set(param.get("words", [])) if param["name"] == "type[]" else set()
    older = {"SimplifiedInvoice", "VatMossInvoice"}
    read_only = {"CashInvoice"}
    assert {each.camel for each in list_document_kinds()} == (filters | older) - read_only


@pytest.mark.parametrize("kind", list_document_kinds(), ids=lambda each: each.plural)
def test_the_names_of_a_type_follow_from_each_other(kind: Any) -> None:
    assert kind.plural == kind.singular + "s"
    assert kind.camel == "".join(part.capitalize() for part in kind.singular.split("_"))
    assert get_document_kind(kind.plural) is find_kind_by_api_type(kind.camel) is kind
    assert kind.pt
    assert kind.en


def test_the_families_are_those_of_the_transitions() -> None:
    for family, rows in vendor("transitions.json")["transitions"].items():
        named = {plural for row in rows for plural in row["types"]}
        assert named == {each.plural for each in list_document_kinds() if each.family == family}


def test_the_printed_prefixes_are_those_of_the_saft_file() -> None:
    assert {each.plural: each.prefix for each in list_document_kinds()} == {
        "invoices": "FT",
        "simplified_invoices": "FS",
        "invoice_receipts": "FR",
        "vat_moss_invoices": "",
        "credit_notes": "NC",
        "debit_notes": "ND",
        "receipts": "RG",
        "quotes": "OR",
        "proformas": "PF",
        "fees_notes": "",
        "shippings": "GR",
        "transports": "GT",
        "devolutions": "GD",
    }


@pytest.mark.parametrize("near", ["invoice", "Invoices", "cash_invoices", ""])
def test_an_unknown_path_word_is_a_mistake_of_the_program(near: str) -> None:
    with pytest.raises(KeyError):
        get_document_kind(near)


@pytest.mark.parametrize("near", ["CashInvoice", "invoice", "INVOICE", ""])
def test_an_unknown_type_read_back_is_nothing(near: str) -> None:
    assert find_kind_by_api_type(near) is None


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.name)
def test_every_data_file_names_its_source_its_day_and_a_note(path: Path) -> None:
    table = read_table(path.name)
    assert table["source"]
    assert table["note"]
    assert "2026-07-07" <= str(table["as_of"]) <= "2026-11-30"


def test_importing_the_room_opens_no_data_file_and_loads_no_checker() -> None:
    program = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from ix_tools.fiscal import (
    countries, currencies, exemptions, payment_mechanisms, series_codes, tax_numbers, units, vat_rates,
)
from ix_tools.domain import document_kinds
assert not [path for path in opened if path.endswith((".json", ".toml"))], opened
assert not {"stdnum", "tomllib", "babel"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
