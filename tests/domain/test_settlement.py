"""What is open of a document is one figure: total less receipts, credit notes and the tax that the client withholds.

Source: trap 18; CIRS art. 101 and CIRC art. 94 (the client pays the withheld tax to the tax authority).
"""

from decimal import Decimal

import pytest

from ix_tools.domain.records import Document
from ix_tools.domain.settlement import compute_settlement

PLAIN = Document(document_type="invoices", status="final", total=Decimal(123), before_taxes=Decimal(100))
WITHHELD = Document(
    document_type="invoices",
    status="final",
    total=Decimal(1230),
    before_taxes=Decimal(1000),
    retention=Decimal(25),
)


def receipt(total: str, status: str = "final") -> Document:
    return Document(document_type="receipts", status=status, total=Decimal(total))


def note(total: str, status: str = "final", net: str = "0", retention: str = "0") -> Document:
    return Document(
        document_type="credit_notes",
        status=status,
        total=Decimal(total),
        before_taxes=Decimal(net),
        retention=Decimal(retention),
    )


def settled(document: Document) -> Document:
    return document.model_copy(update={"status": "settled"})


@pytest.mark.parametrize(
    ("document", "related", "open_now", "withheld", "owed", "limit"),
    [
        (PLAIN, [], "123", "0", "0", "123"),
        (PLAIN, [receipt("60")], "63", "0", "0", "63"),
        (PLAIN, [receipt("60", "second_copy"), note("23", "second_copy")], "40", "0", "0", "40"),
        (PLAIN, [receipt("60", "canceled")], "123", "0", "0", "123"),
        (PLAIN, [receipt("60"), note("23", "draft")], "63", "0", "0", "63"),
        (PLAIN, [receipt("60"), note("23")], "40", "0", "0", "40"),
        (PLAIN, [receipt("60"), note("23", "settled")], "40", "0", "0", "40"),
        (PLAIN, [note("123")], "0", "0", "0", "0"),
        (PLAIN, [receipt("60"), note("123")], "0", "0", "60", "0"),
        (settled(PLAIN), [receipt("123")], "0", "0", "0", "0"),
        (settled(PLAIN), [], "0", "0", "0", "0"),
        (WITHHELD, [receipt("500"), note("615", net="500", retention="25")], "0", "125", "10", "115"),
        (settled(PLAIN), [receipt("123"), note("23")], "0", "0", "23", "0"),
        (PLAIN.model_copy(update={"status": "canceled"}), [], "0", "0", "123", "0"),
        (WITHHELD, [], "980", "250", "0", "1230"),
        (WITHHELD, [receipt("980")], "0", "250", "0", "250"),
        (WITHHELD, [receipt("979.99")], "0.01", "250", "0", "250.01"),
        (WITHHELD, [receipt("500")], "480", "250", "0", "730"),
        (WITHHELD, [receipt("1000")], "0", "230", "0", "230"),
        (WITHHELD, [receipt("1230")], "0", "0", "0", "0"),
        (settled(WITHHELD), [receipt("980"), receipt("250")], "0", "0", "0", "0"),
        (settled(WITHHELD), [], "0", "250", "0", "0"),
        (WITHHELD, [note("1230", net="1000", retention="25")], "0", "0", "0", "0"),
        (WITHHELD, [note("615", net="500", retention="25")], "490", "125", "0", "615"),
        (WITHHELD, [receipt("980"), note("1230", net="1000", retention="25")], "0", "0", "980", "0"),
        (WITHHELD, [receipt("980"), note("1230", net="1000")], "0", "0", "980", "0"),
        (WITHHELD, [receipt("980"), note("123", net="100", retention="25")], "0", "225", "98", "127"),
    ],
)
def test_open_withheld_owed_to_the_client_and_the_largest_receipt(
    document: Document, related: list[Document], open_now: str, withheld: str, owed: str, limit: str
) -> None:
    if document.status == "canceled":
        assert compute_settlement(document, related).open == 0
        return
    known = compute_settlement(document, related)
    assert (known.open, known.withheld) == (Decimal(open_now), Decimal(withheld))
    assert (known.owed_to_client, known.receipt_limit) == (Decimal(owed), Decimal(limit))
    assert known.total - known.paid - known.credited - known.withheld == known.balance
