"""Rules about updates, which lose every field that is not sent (trap 5)."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from ix_tools.domain.field_marks import Unreturned, fields_with
from ix_tools.domain.records import Document
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse
from ix_tools.guards.money import is_stored_discount
from ix_tools.guards.protocols import Draft, GuideShaped, HasGlobalDiscount, InvoiceShaped
from ix_tools.i18n.messages import Money, message
from ix_tools.i18n.state_names import name_state


@wants(Want.DOCUMENT)
def only_drafts_are_edited(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Only drafts can be changed, since an issued document is signed (Portaria 363/2010)."""
    document = facts.document
    if document is not None and not document.is_draft:
        yield refuse(
            "document_id",
            message(
                "{number} is {status}; only drafts can be changed",
                number=document.number or document.id,
                status=name_state(document.status),
            ),
            message("a draft"),
            message(
                "correct it with a credit note, or cancel it with a reason if the client does not have it yet"
            ),
        )


@wants(Want.DOCUMENT, Want.UNRETURNED)
def unreturned_fields_not_lost(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Ask for fields that InvoiceXpress does not return and the journal does not know, because the update would lose them."""
    if facts.document is None or facts.unreturned is not None:
        return
    for name, mark in fields_with(type(call), Unreturned).items():
        possible = not mark.kinds or call.document_type in mark.kinds
        if mark.found_by or not possible or getattr(call, name) is not None:
            continue
        unknown = message("the draft was last written elsewhere, and it is not returned")
        if mark.required:
            yield refuse(
                name,
                message("{why}, so it cannot be carried over", why=unknown),
                message("{name} again", name=name),
            )
        elif "unreturned" not in call.accept:
            what = message("{why}: if it has one, it is lost", why=unknown)
            yield ask("unreturned", name, what, message("{name} again, or accept", name=name))


@wants(Want.DOCUMENT)
def lines_not_dropped_unseen(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Ask about stored lines missing from the update, because they would be deleted."""
    if facts.document is None or "drop_lines" in call.accept:
        return
    kept = Counter(item.name for item in call.items)
    for line in facts.document.lines:
        if line.name and kept[line.name]:
            kept[line.name] -= 1
        else:
            yield ask(
                "drop_lines",
                "items",
                message("the line '{name}' is not among the new lines and would be deleted", name=line.name),
                message("all lines, or accept"),
            )


def _has_global_discount(document: Document) -> bool:
    """Return True if the document has a discount over all lines, which shows in the totals only (trap 16)."""
    nets = [line.net for line in document.lines]
    known = sum((net for net in nets if net is not None), Decimal(0))
    return (
        document.before_taxes is not None
        and None not in nets
        and known - document.before_taxes > Decimal("0.01")
    )


@wants(Want.DOCUMENT)
def global_discount_not_lost(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A discount over the document must be given again, because it does not read back."""
    document = facts.document
    if document is not None and call.global_discount is None and _has_global_discount(document):
        yield refuse(
            "global_discount",
            message(
                "the document has one (its net total is {net}), which this update would take away",
                net=Money(document.before_taxes or Decimal(0), ""),
            ),
            message("the same global_discount again; a value of 0 takes it away"),
        )


@wants(Want.DOCUMENT, Want.TAXES)
def rebuilt_lines_keep_the_total(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Lines rebuilt from the stored document must add up to its total, since prices read back cut to cents (trap 15)."""
    document = facts.document
    discount = call.global_discount if isinstance(call, HasGlobalDiscount) else None
    if document is None or document.total is None:
        return
    if (discount is None and _has_global_discount(document)) or (
        discount and not is_stored_discount(discount, facts)
    ):
        return
    stored = [(line.name, line.exact_price, line.quantity) for line in document.lines]
    if stored != [(item.name, item.unit_price, item.quantity) for item in call.items]:
        return
    totals = call.compute_totals(facts)
    if totals is None or (totals.total, totals.sum) == (document.total, document.sum or totals.sum):
        return
    unread = [at for at, line in enumerate(document.lines) if line.tax is None]
    if unread and "line_taxes" not in call.accept:
        yield ask(
            "line_taxes",
            f"items.{unread[0]}.tax",
            message(
                "the tax of the stored line is not known; the total of {total} would become {other_total}",
                total=Money(document.total, ""),
                other_total=Money(totals.total, ""),
            ),
            message("all lines with their taxes, then accept"),
        )
    elif not unread and [line.tax for line in document.lines] == [item.tax for item in call.items]:
        yield refuse(
            "items",
            message(
                "the stored lines, sent again as they read back, would make {total} instead of {other_total}",
                total=Money(totals.total, ""),
                other_total=Money(document.total, ""),
            ),
            message("all lines, with their exact prices"),
        )


@wants(Want.DOCUMENT)
def second_currency_not_lost(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A second currency must be given again if its code and rate cannot be read back."""
    shown = facts.document.multicurrency if facts.document else None
    if shown and call.currency_code is None:
        yield refuse(
            "currency_code",
            message(
                "the document also prints its total in {currency}, which this update would take away",
                currency=shown.get("currency"),
            ),
            message("currency_code and rate again"),
        )


def addresses_given(call: GuideShaped, facts: Facts) -> Iterator[Finding]:
    """A guide's addresses must be given again if the answer does not show them, or InvoiceXpress refuses it."""
    for name, place in (("address_from", call.address_from), ("address_to", call.address_to)):
        if place is None:
            yield refuse(
                name,
                message("InvoiceXpress does not return it, so it cannot be carried over"),
                message("the whole address"),
            )
