"""Build the QR code of a Portuguese invoice with the tax authority's fields.

A issuer  B client  C its country  D type  E state  F day  G number  H ATCUD
I mainland, J Azores, K Madeira: 1 region, 2 exempt, 3/4 reduced, 5/6 intermediate, 7/8 normal (net / VAT)
N VAT  O total  P withheld  Q signature  R programme  S free text
"""

from __future__ import annotations

import io
from fractions import Fraction

from ix_tools.sandbox.kinds import BY_TYPE
from ix_tools.sandbox.ledger import totals
from ix_tools.sandbox.ledger.numbers import format_fixed
from ix_tools.sandbox.reference import find_country_code
from ix_tools.sandbox.rows import Document, Tax
from ix_tools.sandbox.state import Books

REGIONS = {"PT": "I", "PT-AC": "J", "PT-MA": "K"}
PLACES = {"RED": 3, "INT": 5, "NOR": 7}
"""Position of a rate's net; its VAT is in the next field."""


def build_content(books: Books, document: Document) -> str:
    """Build the text of the code."""
    kind = BY_TYPE[document.type]
    money = totals.compute_document(document)
    fields = {
        "A": books.issuer.fiscal_id,
        "B": str(document.client.get("fiscal_id") or "999999990"),
        "C": find_country_code(str(document.client.get("country") or "Portugal")),
        "D": kind.prefix,
        "E": "A" if document.status == "canceled" else "N",
        "F": document.date.replace("-", ""),
        "G": f"{kind.prefix} {document.serie}/{document.number}",
        "H": "0" if document.atcud in ("", "N/A", "N/D") else document.atcud,
        **_sum_by_region(books, document),
        "N": format_fixed(money.taxes),
        "O": format_fixed(money.total),
    }
    if totals.compute_retention(document):
        fields["P"] = format_fixed(totals.compute_retention(document))
    fields |= {"Q": document.saft_hash, "R": "0", "S": "SEM VALOR FISCAL"}
    return "*".join(f"{name}:{value}" for name, value in fields.items())


def render_png(text: str, scale: int = 6) -> bytes:
    """Render the code as PNG with error correction level M, as the specification requires."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m", micro=False, boost_error=False).save(out, kind="png", scale=scale, border=4)
    return out.getvalue()


def _sum_by_region(books: Books, document: Document) -> dict[str, str]:
    share = totals.find_remaining_share(document)
    sums: dict[tuple[str, int], Fraction] = {}
    for line in document.lines:
        tax = books.store.get(Tax, line.tax_id) or Tax(0, "", line.tax_value)
        region, money = REGIONS.get(tax.region, "I"), totals.compute_line(line)
        # A rate is exempt when it is 0, whatever its code.
        place = PLACES.get(tax.code, 7) if Fraction(line.tax_value) else 2
        parts = {place: money.net} if place == 2 else {place: money.net, place + 1: money.vat}
        for where, amount in parts.items():
            sums[region, where] = sums.get((region, where), Fraction(0)) + amount * share
    fields: dict[str, str] = {}
    for name, letter in REGIONS.items():
        of_region = {
            f"{letter}{place}": format_fixed(amount)
            for (r, place), amount in sorted(sums.items())
            if r == letter
        }
        if of_region:
            fields |= {f"{letter}1": name, **of_region}
    return fields or {"I1": "0"}
