"""Messages keep id and values, become text in the reader's language, and load as they were stored."""

import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from ix_tools.errors import Problem
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import (
    Message,
    Money,
    Value,
    dump_message,
    join_messages,
    load_message,
    render,
    verbatim,
)

DAY = Message("{day} is {days} days ago: invoices are due by the 5th working day after the sale (CIVA 36/1)",
              {"day": date(2026, 11, 20), "days": 9})  # fmt: skip
CALLS = ("{euros} and {count} call", "{euros} and {count} calls")
VALUES: list[tuple[Value, str, str, str]] = [
    ("{count}", "{count}", "{count}", "{count}"),
    (3, "3", "3", "3"),
    (Decimal("1234.50"), "1234.5", "1234.5", "1234,5"),
    (Decimal("1E+3"), "1000", "1000", "1000"),
    (Money(Decimal(3337)), "3337.00 EUR", "€3,337.00", "3.337,00 €"),
    (Money(Decimal("-0.5"), "USD"), "-0.50 USD", "-0.50 USD", "-0,50 USD"),
    (date(2026, 11, 20), "2026-11-20", "20/11/2026", "20/11/2026"),
    (datetime(2026, 11, 20, 9, 5), "2026-11-20 09:05", "20/11/2026 09:05", "20/11/2026 09:05"),  # noqa: DTZ001
    (Bilingual("Espanha", "Spain"), "Spain", "Spain", "Espanha"),
    (Message("nothing"), "nothing", "nothing", "nada"),
]


@pytest.mark.parametrize(("value", "program", "english", "portuguese"), VALUES)
def test_a_value_is_formatted_for_its_reader_and_stored_with_its_type(
    value: Value, program: str, english: str, portuguese: str
) -> None:
    text = Message("{value}", {"value": value})
    assert (str(text), render(text, "en"), render(text, "pt")) == (program, english, portuguese)
    assert load_message(json.loads(json.dumps(dump_message(text)))) == text


@pytest.mark.parametrize(
    ("count", "english", "portuguese"),
    [(0, "x and 0 calls", "x e 0 pedidos"), (1, "x and 1 call", "x e 1 pedido"), (2, "x and 2 calls", "x e 2 pedidos")],
)  # fmt: skip
def test_the_plural_follows_the_count(count: int, english: str, portuguese: str) -> None:
    text = Message(CALLS[0], {"count": count, "euros": "x"}, CALLS[1])
    assert (render(text, "en"), str(text), render(text, "pt")) == (english, english, portuguese)
    assert load_message(dump_message(text)) == text


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "text",
        {},
        {"id": 3},
        {"id": "{day}"},
        {"id": "x", "values": []},
        {"id": "x", "colour": "red"},
        {"id": "x", "values": {"a": True}},
        {"id": "x", "values": {"a": {"decimal": "one"}}},
        {"id": "x", "values": {"a": {"date": "today"}}},
        {"id": "x", "values": {"a": {"message": {}}}},
        {"id": "x", "plural": "xs"},
    ],
)
def test_what_is_no_stored_message_is_refused(stored: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        load_message(stored)


@pytest.mark.parametrize("value", ["{day}", "{id}", "%s", "{0}", "}{", "{{day}}"])
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    text = Message("'{text}' is read as {tax}, the only tax that fits", {"text": value, "tax": "{text}"})
    assert str(text) == f"'{value}' is read as {{text}}, the only tax that fits"
    assert render(text, "pt") == f"«{value}» é entendido como {{text}}, a única taxa que corresponde"


def test_joined_messages_are_translated_one_by_one() -> None:
    both = join_messages([Message("nothing"), "A/1", Bilingual("Fatura", "Invoice")], ", ")
    assert (render(both, "en"), render(both, "pt")) == ("nothing, A/1, Invoice", "nada, A/1, Fatura")


def test_a_problem_has_a_sentence_for_a_person_who_reads_another_language() -> None:
    english = {"field": "date", "problem": str(DAY)}
    assert Problem("date", DAY).as_dict() == english
    assert Problem("date", DAY).as_dict("en") == english
    shown = Problem("date", DAY).as_dict("pt")
    assert shown.pop("for_person").startswith("20/11/2026 foi há 9 dias: a fatura é devida")
    assert shown == english
    said = Problem("date", verbatim("InvoiceXpress says no")).as_dict("pt")
    assert said["for_person"] == said["problem"]
