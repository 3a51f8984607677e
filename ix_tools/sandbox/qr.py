"""Build the QR code of a Portuguese invoice with the tax authority's fields.

A issuer  B client  C its country  D type  E state  F day  G number  H ATCUD
I mainland, J Azores, K Madeira: 1 region, 2 exempt, 3/4 reduced, 5/6 intermediate, 7/8 normal (net / VAT)
N VAT, the sum of fields 4, 6 and 8  O total  P withheld  Q signature  R programme  S free text
"""

from __future__ import annotations

import io
from fractions import Fraction
from math import floor

from ix_tools.sandbox.kinds import BY_TYPE
from ix_tools.sandbox.ledger import totals
from ix_tools.sandbox.ledger.number_formats import format_fixed
from ix_tools.sandbox.reference import find_country_code, strip_country_prefix
from ix_tools.sandbox.rows import Document, Tax
from ix_tools.sandbox.state import Books

REGIONS = {"PT": "I", "PT-AC": "J", "PT-MA": "K"}
PLACES = {"RED": 3, "INT": 5, "NOR": 7}
"""Position of a rate's net; its VAT is in the next field."""


def build_content(books: Books, document: Document) -> str:
    """Build the text of the code."""
    kind = BY_TYPE[document.type]
    money = totals.compute_document(document)
    country = find_country_code(str(document.client.get("country") or "Portugal"))
    fields = {
        "A": books.issuer.fiscal_id,
        "B": strip_country_prefix(str(document.client.get("fiscal_id") or "999999990"), country),
        "C": country,
        "D": kind.saft_type,
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


def build_matrix(text: str) -> list[list[int]]:
    """Build the fields of the code, 1 where dark, with its white border and error correction level M."""
    import segno

    code = segno.make(text, error="m", micro=False, boost_error=False)
    return [list(row) for row in code.matrix_iter(border=4)]


def render_png(text: str, scale: int = 6) -> bytes:
    """Render the code as PNG with error correction level M, as the specification requires."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m", micro=False, boost_error=False).save(out, kind="png", scale=scale, border=4)
    return out.getvalue()


def _sum_by_region(books: Books, document: Document) -> dict[str, str]:
    """Return net and VAT of each region and rate; a receipt has none, so it says I1:0.

    Rounded cents go where most is lost, so that nets add up to the document's net and VAT to N.
    """
    if BY_TYPE[document.type].family == "receipts":
        return {"I1": "0"}
    share, money = totals.find_remaining_share(document), totals.compute_document(document)
    nets: dict[tuple[str, int], Fraction] = {}
    taxes: dict[tuple[str, int], Fraction] = {}
    for line in document.lines:
        tax = books.store.get(Tax, line.tax_id) or Tax(0, "", line.tax_value)
        region, amounts = REGIONS.get(tax.region, "I"), totals.compute_line(line)
        # A rate is exempt when it is 0, whatever its code.
        place = PLACES.get(tax.code, 7) if Fraction(line.tax_value) else 2
        nets[region, place] = nets.get((region, place), Fraction(0)) + amounts.net * share
        if place != 2:
            taxes[region, place + 1] = taxes.get((region, place + 1), Fraction(0)) + amounts.vat * share
    sums = {**_apportion(nets, money.before_taxes), **_apportion(taxes, money.taxes)}
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


def _apportion(exact: dict[tuple[str, int], Fraction], total: Fraction) -> dict[tuple[str, int], Fraction]:
    """Round exact amounts to cents that add up to a total."""
    cents = {key: floor(amount * 100) for key, amount in exact.items()}
    missing = int(total * 100) - sum(cents.values())
    # Where total and net were rounded on their own, the total can be a cent below the parts or a cent beyond all of them.
    by_loss = sorted(exact, key=lambda key: (exact[key] * 100 - cents[key], exact[key]), reverse=missing > 0)
    for at in range(abs(missing)):
        cents[by_loss[at % len(by_loss)]] += 1 if missing > 0 else -1
    return {key: Fraction(amount, 100) for key, amount in cents.items()}
