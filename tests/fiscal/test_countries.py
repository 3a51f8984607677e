"""A country reaches InvoiceXpress by its own English name or not at all."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ix_tools.fiscal.countries import find_country_name, get_iso_code, list_country_names, suggest_countries
from ix_tools.fiscal.reference_data import read_table

VENDOR = json.loads((Path(__file__).parents[1] / "vendor" / "countries.json").read_text(encoding="utf-8"))
REGIONS = json.loads((Path(__file__).parents[1] / "vendor" / "tax_regions.json").read_text(encoding="utf-8"))
ROWS = read_table("countries.json")["countries"]
PART_OF_A_CODE = {"AQ": {"Dronning Maud Land"}, "UM": {"Johnston Island", "Midway Islands", "Wake Island"}}


def test_the_list_is_the_vendors_closed_list_in_its_order() -> None:
    assert list(list_country_names()) == VENDOR["countries"]


@pytest.mark.parametrize("change", [str, str.lower, str.upper, "  {}  ".format])
def test_every_vendor_name_leads_to_itself_in_any_case(change: Callable[[str], str]) -> None:
    for name in list_country_names():
        assert find_country_name(change(name)) == name


def test_every_iso_code_that_a_name_stands_for_resolves_to_a_name_with_that_code() -> None:
    for row in ROWS:
        if row["iso2"] and row["iso2"] not in PART_OF_A_CODE:
            for code in (row["iso2"], row["iso3"], row["iso2"].lower(), row["iso3"].lower()):
                name = find_country_name(code)
                assert name
                assert get_iso_code(name) == row["iso2"]


@pytest.mark.parametrize("code", sorted(PART_OF_A_CODE))
def test_a_code_with_names_for_its_parts_only_is_not_guessed(code: str) -> None:
    assert find_country_name(code) is None
    assert {name for name in list_country_names() if get_iso_code(name) == code} == PART_OF_A_CODE[code]


def test_every_country_has_a_portuguese_name_that_leads_to_its_code() -> None:
    for row in ROWS:
        name = find_country_name(row["pt"])
        assert name
        assert get_iso_code(name) == row["iso2"]


def test_no_iso_code_is_also_the_name_of_another_country() -> None:
    codes = {row[key].casefold(): row["iso2"] for row in ROWS for key in ("iso2", "iso3") if row[key]}
    for row in ROWS:
        for name in (row["name"], row["pt"], *row.get("also", [])):
            assert codes.get(name.casefold(), row["iso2"]) == row["iso2"]


def test_each_code_has_one_preferred_name() -> None:
    preferred = [row["iso2"] for row in ROWS if row["iso2"] and row.get("preferred", True)]
    assert len(preferred) == len(set(preferred))
    assert {row["iso2"] for row in ROWS if row["iso2"]} - set(preferred) == set(PART_OF_A_CODE)


def test_the_codes_agree_with_the_vendors_table_of_tax_regions() -> None:
    regions = {row["name"]: row["code"] for row in REGIONS["regions"]}
    shared = [name for name in list_country_names() if name in regions]
    assert len(shared) > 200
    assert {name: get_iso_code(name) for name in shared} == {name: regions[name] for name in shared}


def test_only_the_monetary_fund_has_no_code() -> None:
    assert [name for name in list_country_names() if get_iso_code(name) is None] == [
        "International Monetary Fund"
    ]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("PT", "Portugal"),
        ("prt", "Portugal"),
        ("portugal", "Portugal"),
        ("Espanha", "Spain"),
        ("espanha", "Spain"),
        ("ES", "Spain"),
        ("ESP", "Spain"),
        ("Alemanha", "Germany"),
        ("DEU", "Germany"),
        ("França", "France"),
        ("FRANCA", "France"),
        ("Países Baixos", "Netherlands"),
        ("paises baixos", "Netherlands"),
        ("Holanda", "Netherlands"),
        ("GB", "UK"),
        ("UK", "UK"),
        ("Reino Unido", "UK"),
        ("United Kingdom", "UK"),
        ("Great Britain", "Great Britain"),
        ("Estados Unidos da América", "United States"),
        ("E.U.A.", "United States"),
        ("CI", "Ivory Coast"),
        ("Costa do Marfim", "Ivory Coast"),
        ("Côte d'Ivoire", "Côte d’Ivoire"),
        ("Macau", "Macau"),
        ("MK", "Macedonia (Former Yug. Rep.)"),
        ("Coreia do Sul", "Korea, South"),
        ("South Korea", "Korea, South"),
        ("COD", "Congo, Democratic Republic"),
        ("Guiné Bissau", "Guinea-Bissau"),
        ("CABO VERDE", "Cape Verde"),
        ("Chéquia", "Czech Republic"),
        ("São Tomé e Príncipe", "São Tomé and Príncipe"),
        ("St Lucia", "St. Lucia"),
    ],
)
def test_what_people_write_is_understood(written: str, name: str) -> None:
    assert find_country_name(written) == name


@pytest.mark.parametrize(
    "unknown", ["", "XX", "EL", "EU", "Portugall", "Portugal, Lisboa", "Tonga", "VI", "1"]
)
def test_what_is_not_in_the_list_is_not_guessed(unknown: str) -> None:
    assert find_country_name(unknown) is None


@pytest.mark.parametrize(
    ("written", "first"), [("Portugall", "Portugal"), ("Alemnha", "Germany"), ("Swizerland", "Switzerland")]
)
def test_a_slip_of_the_pen_gets_suggestions(written: str, first: str) -> None:
    assert suggest_countries(written)[0] == first


def test_there_are_at_most_five_suggestions_each_once_and_in_the_list() -> None:
    found = suggest_countries("Guinee")
    assert 1 <= len(found) <= 5
    assert len(set(found)) == len(found)
    assert set(found) <= set(list_country_names())
    assert suggest_countries("qqqq") == []


def test_an_unknown_name_has_no_code() -> None:
    assert get_iso_code("Espanha") is None
