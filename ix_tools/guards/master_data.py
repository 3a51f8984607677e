"""Rules about master data: clients, catalogue items and taxes of the account."""

from collections.abc import Iterator
from decimal import Decimal

from ix_tools.domain.records import CatalogueItem, Client, Tax
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse, warn
from ix_tools.guards.protocols import CatalogueItemShaped, ClientChangeShaped, ClientRecordShaped, TaxShaped
from ix_tools.i18n.messages import Message, message

REMOVED = "tax_number_removed"
"""Word in `accept` for a client that loses its tax number."""

# --- clients -------------------------------------------------------------------------------------------


@wants(Want.SUBJECT)
def removing_the_tax_number_is_accepted(call: ClientChangeShaped, facts: Facts) -> Iterator[Finding]:
    """A client that loses its tax number is a final consumer on later documents, so the caller accepts it first."""
    known = facts.subject
    if call.fiscal_id == "" and isinstance(known, Client) and known.fiscal_id and REMOVED not in call.accept:
        yield ask(
            REMOVED,
            "clear",
            message(
                "the client loses its tax number '{number}', and later documents are made out to a "
                "final consumer",
                number=known.fiscal_id,
            ),
        )


@wants(Want.SUBJECT)
def issued_documents_keep_the_client(call: ClientRecordShaped, facts: Facts) -> Iterator[Finding]:
    """Warn of a new name, tax number or country: it holds for later documents and drafts, not for issued ones."""
    known = facts.subject
    if not isinstance(known, Client):
        return
    for field in ("name", "fiscal_id", "country"):
        new, old = getattr(call, field), getattr(known, field)
        if new is not None and old and new != old:
            yield warn(
                field,
                message(
                    "'{old}' becomes '{new}' on every later document and on drafts; issued documents keep '{old}'",
                    old=old,
                    new=new,
                ),
            )


@wants(Want.SUBJECT, Want.CLIENT_DOCUMENTS)
def client_without_documents(call: object, facts: Facts) -> Iterator[Finding]:
    """Only a client without documents can be deleted."""
    if facts.client_documents:
        yield refuse(
            "client_id",
            message(
                "the client has {count} invoices, notes or receipts",
                count=facts.client_documents,
            ),
            message("a client without documents"),
            message("leave the client as it is; list_client_invoices shows the documents"),
        )


# --- items ---------------------------------------------------------------------------------------------


@wants(Want.TAXES)
def item_tax_exists(call: CatalogueItemShaped, facts: Facts) -> Iterator[Finding]:
    """An item must name a tax of the account exactly: InvoiceXpress silently replaces an unknown name (trap 2)."""
    if call.tax is None:
        if facts.find_tax(None) is None:
            yield refuse(
                "tax",
                message("the account has no default tax, so the item must name one"),
                facts.describe_taxes(),
            )
    elif facts.find_tax(call.tax) is None:
        yield refuse(
            "tax",
            message(
                "the account has no tax called '{tax}'; InvoiceXpress would silently use another",
                tax=call.tax,
            ),
            facts.describe_taxes(),
            message("ask the person which rate is meant; a name that looks alike can be another rate"),
        )


@wants(Want.SUBJECT)
def price_changes_for_everyone(call: CatalogueItemShaped, facts: Facts) -> Iterator[Finding]:
    """Warn of a new price or tax: it holds for everyone who uses the item from now on."""
    known = facts.subject
    if not isinstance(known, CatalogueItem):
        return
    for field in ("unit_price", "tax"):
        new, old = getattr(call, field), getattr(known, field)
        if new is not None and new != old:
            yield warn(
                field,
                message(
                    "{old} becomes {new} for everyone who uses this item next; issued documents stay",
                    old=old if old is not None else message("nothing"),
                    new=new,
                ),
            )


@wants(Want.SUBJECT)
def used_item_names_stay(call: CatalogueItemShaped, facts: Facts) -> Iterator[Finding]:
    """Warn of a new name: InvoiceXpress refuses it for an item that was used on a document."""
    known = facts.subject
    if isinstance(known, CatalogueItem) and call.name is not None and call.name != known.name:
        yield warn(
            "name",
            message(
                "InvoiceXpress refuses '{new}' if '{old}' was ever used on a document",
                new=call.name,
                old=known.name,
            ),
        )


# --- taxes ---------------------------------------------------------------------------------------------


@wants(Want.TAXES, Want.SUBJECT)
def default_tax_change_is_announced(call: TaxShaped, facts: Facts) -> Iterator[Finding]:
    """Warn of a new default tax: it holds for every line and item that names none; an account always keeps a default."""
    now, known = facts.find_tax(None), facts.subject
    mine = known if isinstance(known, Tax) else None
    if call.default_tax and not (mine and mine.default_tax):
        new = _name_tax(call.name, call.value)
        yield warn(
            "default_tax",
            (
                message(
                    "lines and items that name no tax will use {new} instead of {old}, everywhere in the account",
                    new=new,
                    old=_name_tax(now.name, now.value),
                )
                if now
                else message(
                    "lines and items that name no tax will use {new}, everywhere in the account", new=new
                )
            ),
        )
    elif call.default_tax is False and mine and mine.default_tax:
        yield refuse(
            "default_tax",
            message("{name} is the default; without one InvoiceXpress picks a tax by itself", name=mine.name),
            message("leave it out"),
            message("make another tax the default instead: update_tax with default_tax true"),
        )


@wants(Want.SUBJECT)
def rate_changes_for_everyone(call: TaxShaped, facts: Facts) -> Iterator[Finding]:
    """Warn of a new rate or name: it changes every later document that names the tax."""
    known = facts.subject
    if not isinstance(known, Tax):
        return
    if call.value is not None and call.value != known.value:
        yield warn(
            "value",
            message(
                "{name} was {old}% and will be {new}% on every later document; a new tax is usually clearer",
                name=known.name,
                old=known.value,
                new=call.value,
            ),
        )
    if call.name is not None and call.name != known.name:
        yield warn("name", _warn_lost_tax(known))


@wants(Want.TAXES)
def tax_name_free(call: TaxShaped, facts: Facts) -> Iterator[Finding]:
    """A tax needs a name of its own, since lines find their tax by name."""
    known = facts.subject
    if any(tax.name == call.name and tax.id != getattr(known, "id", None) for tax in facts.taxes):
        yield refuse(
            "name",
            message("the account has a tax called '{name}' already", name=call.name),
            message("another name"),
        )


@wants(Want.SUBJECT)
def default_tax_not_deleted(call: object, facts: Facts) -> Iterator[Finding]:
    """The default tax cannot be deleted, because lines that name no tax use it."""
    known = facts.subject
    if isinstance(known, Tax) and known.default_tax:
        yield refuse(
            "tax_id",
            message("{name} is the default: every line that names no tax uses it", name=known.name),
            message("another tax"),
            message("make another tax the default first (update_tax with default_tax true)"),
        )
    elif isinstance(known, Tax):
        yield warn(
            "tax_id",
            _warn_lost_tax(known),
        )


def _warn_lost_tax(known: Tax) -> Message:
    return message(
        "items and lines that say '{name}' will find no such tax; InvoiceXpress then uses another",
        name=known.name,
    )


def _name_tax(name: str | None, rate: Decimal | None) -> Message:
    return message("{name} ({rate}%)", name=name, rate=rate)
