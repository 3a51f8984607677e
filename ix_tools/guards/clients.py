"""Rules about the customer of a document."""

from collections.abc import Iterator

from ix_tools.domain.records import Client
from ix_tools.fiscal.countries import get_iso_code
from ix_tools.fiscal.tax_numbers import FINAL_CONSUMER, compact_number
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, refuse
from ix_tools.guards.protocols import Draft
from ix_tools.i18n.messages import NO_MESSAGE, message
from ix_tools.text.fuzzy_match import strip_case_and_accents

COMPARED_FIELDS = (
    "email",
    "address",
    "city",
    "postal_code",
    "country",
    "fiscal_id",
    "website",
    "phone",
    "fax",
    "observations",
)


@wants(Want.CLIENT, Want.DOCUMENT)
def client_named(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Every document needs a customer, except a simplified invoice to the final consumer; a new customer needs name and code."""
    client = call.client
    if client is None:
        if call.document_type != "simplified_invoices":
            yield refuse(
                "client",
                message("this kind of document needs a customer"),
                message("client with name and code; only simplified_invoices may go without"),
            )
        return
    if client.id is not None:
        if facts.client_by_code is None and client.id != _get_current_client_id(facts):
            yield refuse(
                "client.id",
                message("no client has the id {id}", id=client.id),
                message("an id from find_client, or name and code"),
            )
        return
    known = facts.client_by_code or facts.client_by_name
    find_it = message("find_client looks for existing clients; names match exactly")
    if not client.name:
        yield refuse(
            "client.name",
            message("InvoiceXpress holds no name for this client")
            if known
            else message("no client with this code exists yet, and a new one needs name"),
            message("the customer's name"),
            NO_MESSAGE if known else find_it,
        )
    if not client.code:
        yield refuse(
            "client.code",
            message("InvoiceXpress holds no code for this client")
            if known
            else message("no client with this name exists yet, and a new one needs code"),
            message("a unique code of yours, for instance the NIF"),
            NO_MESSAGE if known else find_it,
        )
    if client.name and len(client.name) > 100:
        yield refuse(
            "client.name", message("{count} characters", count=len(client.name)), message("at most 100")
        )


def _get_current_client_id(facts: Facts) -> int | None:
    """Return the id of the client that the document has already."""
    return facts.document.client.id if facts.document and facts.document.client else None


@wants(Want.CLIENT)
def client_code_and_name_agree(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Code and name must belong to the same client: InvoiceXpress takes the client with the code and ignores the name (trap 3)."""
    client, by_code, by_name = call.client, facts.client_by_code, facts.client_by_name
    if client is None or client.id is not None:
        return
    if by_code and client.name and by_code.name != client.name:
        yield refuse(
            "client.name",
            message(
                "code '{code}' belongs to '{name}'; the document would go to that client, not to '{given}'",
                code=client.code,
                name=by_code.name,
                given=client.name,
            ),
            message("name '{name}', or another code for a new client", name=by_code.name),
        )
    elif by_name and client.code and by_name.code != client.code:
        yield refuse(
            "client.code",
            message(
                "'{name}' exists with code '{code}'; the code given would be ignored",
                name=client.name,
                code=by_name.code,
            ),
            message("code '{code}'", code=by_name.code),
        )


@wants(Want.CLIENT)
def final_consumer_has_no_number(call: Draft, facts: Facts) -> Iterator[Finding]:
    """A client called "Consumidor Final" must have no tax number but 999999990, or anonymous sales would go to that number."""
    client, known = call.client, facts.client_by_code or facts.client_by_name
    if client is None:
        return
    name = (known.name if known else client.name) or ""
    number = (known.fiscal_id if known else client.fiscal_id) or FINAL_CONSUMER
    if _simplify_spelling(name) == "consumidor final" and number != FINAL_CONSUMER:
        yield refuse(
            "client.name",
            message(
                "'{name}' has the tax number {number}, to which an anonymous sale would be reported",
                name=name,
                number=number,
            ),
            message(
                "a client with the number {final_consumer}, or none on simplified_invoices",
                final_consumer=FINAL_CONSUMER,
            ),
            message("if that number is the buyer's, give the client its own name in InvoiceXpress first"),
        )


def _simplify_spelling(name: str) -> str:
    """Return a name without case, accents and repeated spaces."""
    return " ".join(strip_case_and_accents(name).split())


@wants(Want.CLIENT)
def existing_client_not_contradicted(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Details given for an existing client must equal the stored ones, because InvoiceXpress silently ignores them (trap 3)."""
    client, known = call.client, facts.client_by_code or facts.client_by_name
    if client is None or known is None:
        return
    # With an id, even name and code are ignored.
    for field in (*COMPARED_FIELDS, *(("name", "code") if client.id is not None else ())):
        given, stored = getattr(client, field, None), getattr(known, field)
        if field == "country":
            stored = stored or "Portugal"  # unset means Portugal (trap 22)
        if given and _normalize(field, given, known) != _normalize(field, stored or "", known):
            yield refuse(
                f"client.{field}",
                message(
                    "'{name}' has '{stored}', which is printed; '{given}' is ignored",
                    name=known.name,
                    stored=stored,
                    given=given,
                )
                if stored
                else message("'{name}' has none; '{given}' is ignored", name=known.name, given=given),
                message("leave it out, or give what is stored"),
                message("change the client in InvoiceXpress first if the new value is right"),
            )


def _normalize(field: str, value: str, known: Client) -> str:
    if field == "fiscal_id":
        return compact_number(value, get_iso_code(known.country) if known.country else "PT")
    text = " ".join(value.split()).casefold()
    return text.rstrip("/") if field == "website" else text
