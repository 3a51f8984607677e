"""Tax numbers are checked by their own arithmetic. Every number here is made up by that arithmetic."""

from collections.abc import Callable

import pytest

from ix_tools.fiscal.tax_numbers import FINAL_CONSUMER, normalize_fiscal_id

ASSIGNED = [
    "1",
    "2",
    "3",
    "45",
    "5",
    "6",
    "70",
    "71",
    "72",
    "74",
    "75",
    "77",
    "78",
    "79",
    "8",
    "90",
    "91",
    "98",
]
UNASSIGNED = ["0", "40", "41", "42", "43", "44", "46", "47", "48", "49", "73", "76"]
UNASSIGNED += ["92", "93", "94", "95", "96", "97"]


def nif(prefix: str) -> str:
    """A number with that beginning: nine digits, weights 9 to 2, remainder of 11."""
    first = (prefix + "24681357")[:8]
    rest = sum(int(digit) * (9 - place) for place, digit in enumerate(first)) % 11
    return first + str(0 if rest < 2 else 11 - rest)


@pytest.mark.parametrize("prefix", ASSIGNED)
def test_a_nif_of_an_assigned_range_passes(prefix: str) -> None:
    assert normalize_fiscal_id(nif(prefix), "PT") == nif(prefix)


@pytest.mark.parametrize("prefix", UNASSIGNED)
def test_a_nif_of_an_unassigned_range_fails_though_its_check_digit_is_right(prefix: str) -> None:
    assert normalize_fiscal_id(nif(prefix), "PT") is None


def test_only_one_check_digit_is_right() -> None:
    good = nif("50")
    passing = [digit for digit in "0123456789" if normalize_fiscal_id(good[:8] + digit, "PT")]
    assert passing == [good[8]]


def test_a_check_digit_of_zero_passes() -> None:
    ending = next(f"{number}0" for number in range(51000000, 52000000) if nif(str(number)) == f"{number}0")
    assert normalize_fiscal_id(ending, "PT") == ending


def test_two_digits_exchanged_fail() -> None:
    good = nif("51")
    assert good[2] != good[3]
    assert normalize_fiscal_id(good[:2] + good[3] + good[2] + good[4:], "PT") is None


@pytest.mark.parametrize("country", ["PT", "pt", None, ""])
def test_portugal_is_meant_when_no_country_is_given(country: str | None) -> None:
    assert normalize_fiscal_id(nif("23"), country) == nif("23")
    assert normalize_fiscal_id(nif("23")[:8], country) is None


@pytest.mark.parametrize("shape", ["PT{}", "pt {}", " {} ", "PT-{}"])
def test_prefix_and_spaces_go_from_a_nif(shape: str) -> None:
    assert normalize_fiscal_id(shape.format(nif("50")), None) == nif("50")


def test_a_nif_in_groups_of_three_passes() -> None:
    number = nif("24")
    assert normalize_fiscal_id(f"{number[:3]} {number[3:6]} {number[6:]}", None) == number


@pytest.mark.parametrize(
    "wrong", ["", "  ", "PT", "abc", "12345678", "1234567890", "50000000O", "ES500000000"]
)
def test_what_is_no_nif_fails(wrong: str) -> None:
    assert normalize_fiscal_id(wrong, "PT") is None


def test_the_final_consumer_passes() -> None:
    assert FINAL_CONSUMER == "999999990"
    assert normalize_fiscal_id(FINAL_CONSUMER, None) == FINAL_CONSUMER
    assert normalize_fiscal_id("999999999", None) is None


def luhn(digits: str) -> str:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return digits + str(-sum(each // 10 + each % 10 for each in doubled) % 10)


def german(digits: str) -> str:
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return digits + str((11 - product) % 10)


def french(digits: str) -> str:
    siren = luhn(digits)
    return f"{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def spanish(digits: str) -> str:
    return digits + "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23]


def polish(digits: str) -> str:
    weights = (6, 5, 7, 2, 3, 4, 5, 6, 7)
    return digits + str(sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11)


def greek(digits: str) -> str:
    total = sum(int(digit) * 2 ** (8 - place) for place, digit in enumerate(digits))
    return digits + str(total % 11 % 10)


def belgian(digits: str) -> str:
    return f"{digits}{97 - int(digits) % 97:02d}"


MADE_UP: list[tuple[str, str, Callable[[str], str], str]] = [
    ("DE", "DE", german, "13579246"),
    ("FR", "FR", french, "40483304"),
    ("ES", "ES", spanish, "12345678"),
    ("PL", "PL", polish, "123456321"),
    ("GR", "EL", greek, "12345678"),
    ("BE", "BE", belgian, "01234567"),
]
BY_COUNTRY = pytest.mark.parametrize(
    ("country", "prefix", "make", "digits"), MADE_UP, ids=[each[0] for each in MADE_UP]
)


@BY_COUNTRY
def test_a_vat_number_of_an_eu_country_passes_with_and_without_its_prefix(
    country: str, prefix: str, make: Callable[[str], str], digits: str
) -> None:
    number = make(digits)
    assert normalize_fiscal_id(number, country) == number
    assert normalize_fiscal_id(prefix + number, country) == prefix + number
    assert normalize_fiscal_id(f" {prefix.lower()} {number} ", country.lower()) == prefix + number


@BY_COUNTRY
def test_a_vat_number_with_one_sign_changed_fails(
    country: str, prefix: str, make: Callable[[str], str], digits: str
) -> None:
    number = make(digits)
    last = number[-1]
    wrong = number[:-1] + (str((int(last) + 1) % 10) if last.isdigit() else "A" if last != "A" else "B")
    assert normalize_fiscal_id(wrong, country) is None
    assert normalize_fiscal_id(prefix + wrong, country) is None
    assert normalize_fiscal_id(number[:-1], country) is None


def test_a_vat_number_with_the_prefix_of_another_country_fails() -> None:
    assert normalize_fiscal_id("FR" + german("13579246"), "DE") is None


def test_greece_may_be_called_by_its_tax_prefix() -> None:
    number = greek("12345678")
    assert normalize_fiscal_id(number, "EL") == number
    assert normalize_fiscal_id("GR" + number, "GR") == "EL" + number


@pytest.mark.parametrize(
    "country",
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(),  # noqa: SIM905
)
def test_every_eu_country_is_checked(country: str) -> None:
    assert normalize_fiscal_id("not a number", country) is None


@pytest.mark.parametrize("country", ["XI", "GB", "US", "BR", "CH", "AO", "NO", "XX"])
def test_elsewhere_nothing_is_checked_and_only_outer_spaces_go(country: str) -> None:
    assert normalize_fiscal_id("  12.345-A ", country) == "12.345-A"
    assert normalize_fiscal_id("   ", country) is None
