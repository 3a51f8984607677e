"""Types of amounts: prices, quantities, percentages and rates, read as Decimal and never through a binary float."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from ix_tools.domain.json_parsing import MAX_DIGITS
from ix_tools.i18n.formats import format_plain
from ix_tools.i18n.messages import Message, message
from ix_tools.i18n.validation_faults import InvalidValue


def parse_decimal(value: object) -> Decimal:
    """Parse an amount given as a number or as text with a decimal point, without a binary float in between."""
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, str | int) and len(str(value)) > MAX_DIGITS:
        raise InvalidValue(message("an amount is a number such as 1234.56, not one of so many digits"))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(repr(value))
    elif isinstance(value, str):
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            known = message("write amounts with a decimal point and nothing else, such as 1234.56")
            raise InvalidValue(known) from None
    else:
        raise InvalidValue(message("an amount is a number such as 1234.56"))
    if not number.is_finite():
        raise InvalidValue(message("an amount is a finite number such as 1234.56"))
    if abs(number.adjusted()) > MAX_DIGITS:
        raise InvalidValue(message("an amount is a number such as 1234.56, and none so large or so small"))
    return number


def format_cents(number: Decimal) -> str:
    """Format an amount with two decimals, as results show it."""
    return format(number.quantize(Decimal("0.01")), "f")


def _count_decimals(number: Decimal) -> int:
    # Counted on the digits as written, because arithmetic would round a long number first.
    _, digits, exponent = number.as_tuple()
    zeros = next((at for at, digit in enumerate(reversed(digits)) if digit), None)
    return 0 if zeros is None or not isinstance(exponent, int) else -(exponent + zeros)


def _build_range_check(
    *, low: str, high: str, places: int, above: bool = False, what: Message
) -> Callable[[Decimal], Decimal]:
    least, most = Decimal(low), Decimal(high)

    def check(number: Decimal) -> Decimal:
        too_low = number <= least if above else number < least
        if too_low or number > most:
            raise InvalidValue(what)
        if _count_decimals(number) > places:
            raise InvalidValue(message("at most {places} decimals; {what}", places=places, what=what))
        return number

    return check


def _build_amount_type(*, low: str = "0", high: str, places: int, above: bool = False, what: Message) -> Any:
    bound = "exclusiveMinimum" if above else "minimum"
    schema: dict[str, Any] = {"type": "number", bound: int(low)}
    if high in {"100", "99.99"}:
        schema["maximum"] = float(high) if "." in high else int(high)
    return (
        BeforeValidator(parse_decimal),
        AfterValidator(_build_range_check(low=low, high=high, places=places, above=above, what=what)),
        PlainSerializer(format_plain, return_type=str),
        WithJsonSchema(schema),
    )


Money = Annotated[
    Decimal,
    *_build_amount_type(
        high="999999999.99",
        places=2,
        what=message("an amount from 0 to 999999999.99 with at most 2 decimals"),
    ),
]
AboveZero = Annotated[
    Decimal,
    *_build_amount_type(
        high="999999999.99",
        places=2,
        above=True,
        what=message("an amount greater than 0 with at most 2 decimals"),
    ),
]
UnitPrice = Annotated[
    Decimal,
    *_build_amount_type(
        high="999999999.9999",
        places=4,
        what=message("a price net of VAT, 0 or more, with at most 4 decimals"),
    ),
]
Quantity = Annotated[
    Decimal,
    *_build_amount_type(
        high="999999999.9999",
        places=4,
        above=True,
        what=message("a quantity greater than 0 with at most 4 decimals"),
    ),
]
Percent = Annotated[
    Decimal, *_build_amount_type(high="100", places=4, what=message("a percentage from 0 to 100"))
]
Retention = Annotated[
    Decimal, *_build_amount_type(high="99.99", places=2, what=message("a percentage from 0 to 99.99"))
]
ExchangeRate = Annotated[
    Decimal,
    *_build_amount_type(
        high="999999",
        places=10,
        above=True,
        what=message("units of the foreign currency for 1 unit of the account's currency, greater than 0"),
    ),
]

Total = Annotated[
    Decimal,
    BeforeValidator(parse_decimal),
    PlainSerializer(format_cents, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""An amount that the API returns; shown as text with two decimals, so that no reader rounds it."""

Exact = Annotated[
    Decimal,
    BeforeValidator(parse_decimal),
    PlainSerializer(format_plain, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""A number that the API returns with more than two decimals: quantities, prices, rates."""
