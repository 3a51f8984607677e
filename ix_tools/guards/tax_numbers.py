"""Rules about tax numbers: they fit the client's country, and no two clients share one."""

from collections.abc import Iterator
from typing import Protocol

from ix_tools.domain.records import Client
from ix_tools.fiscal.countries import find_country_name, get_iso_code, name_country
from ix_tools.fiscal.tax_numbers import (
    FINAL_CONSUMER,
    find_other_registration,
    looks_like_vat_number,
    normalize_fiscal_id,
)
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse, warn
from ix_tools.guards.protocols import ClientRecordShaped, Draft
from ix_tools.i18n.messages import message, message_plural

SHARED = "same_fiscal_id"
"""Code to accept a second client with the same tax number."""


def check_tax_number(field: str, number: str, country: str | None) -> Iterator[Finding]:
    """Judge a tax number in a country, which is InvoiceXpress's name or None for Portugal."""
    iso = get_iso_code(country) if country else "PT"
    if iso is None or normalize_fiscal_id(number, iso) is not None:
        return
    where = (
        message("of {country}", country=name_country(country))
        if country
        else message("of Portugal (country is not given)")
    )
    other = find_other_registration(number, iso)
    if other is not None:
        registered = name_country(find_country_name(other) or other)
        yield refuse(
            field,
            message(
                "'{number}' is a VAT number of {registered}, and the client's country is {country}",
                number=number,
                registered=registered,
                country=name_country(country) if country else "Portugal",
            ),
            message("the number {where}, or country {registered}", where=where, registered=registered),
            message(
                "ask which of the two is wrong; InvoiceXpress keeps one country for number and address, "
                "so a client of one country who is registered for VAT in another cannot be stored with "
                "both"
            ),
        )
    elif iso != "PT" and not looks_like_vat_number(number, iso):
        # A private person abroad has a tax number that is not a VAT number; InvoiceXpress accepts it.
        yield warn(
            field,
            message(
                "'{number}' is not a VAT number of {country}; right only for a private person",
                number=number,
                country=name_country(str(country)),
            ),
        )
    else:
        yield refuse(
            field,
            message("'{number}' is not a valid number {where}", number=number, where=where),
            (
                message("a NIF with 9 digits and a valid check digit")
                if iso == "PT"
                else message("the VAT number of that country, or the right country")
            ),
        )


@wants(Want.CLIENT)
def fiscal_id_fits_country(call: Draft, facts: Facts) -> Iterator[Finding]:
    """NIF or VAT number and country must fit together, or InvoiceXpress refuses the whole document (trap 22)."""
    client = call.client
    if client is not None and client.fiscal_id:
        known = facts.client_by_code or facts.client_by_name
        country = client.country or (known.country if known else None)
        yield from check_tax_number("client.fiscal_id", client.fiscal_id, country)


def client_number_fits_country(call: ClientRecordShaped, facts: Facts) -> Iterator[Finding]:
    """NIF or VAT number and country must fit together (trap 22), because a client once stored as invalid stays invalid (trap 31)."""
    if call.fiscal_id:
        yield from check_tax_number("fiscal_id", call.fiscal_id, call.country)


class AskedRecord(ClientRecordShaped, Protocol):
    """Client to be created or changed, with the codes that a refusal asked for."""

    @property
    def accept(self) -> list[str]: ...


@wants(Want.SAME_NUMBER, Want.SUBJECT)
def client_number_not_shared(call: AskedRecord, facts: Facts) -> Iterator[Finding]:
    """Ask about a tax number that another client has: from then on the number alone no longer says which is meant."""
    own = facts.subject.id if isinstance(facts.subject, Client) else None
    if SHARED not in call.accept:
        yield from _ask_about_shared("fiscal_id", facts, own)


@wants(Want.SAME_NUMBER, Want.CLIENT)
def new_client_number_not_shared(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Ask before a document creates a second client with the tax number of another."""
    is_known = facts.client_by_code is not None or facts.client_by_name is not None
    if not is_known and SHARED not in call.accept:
        yield from _ask_about_shared("client.fiscal_id", facts, None)


def _ask_about_shared(field: str, facts: Facts, own: int | None) -> Iterator[Finding]:
    others = [one for one in facts.same_number if one.id != own and one.fiscal_id != FINAL_CONSUMER]
    if others:
        named = ", ".join(f"{one.name!r} (id {one.id}, code {one.code!r})" for one in others[:3])
        yield ask(
            SHARED,
            field,
            message(
                "{number} is already the number of {named}",
                number=others[0].fiscal_id,
                named=named,
            ),
            message("that client, or accept for a second one, such as a branch"),
        )
    elif facts.same_number_unread:
        yield warn(
            field,
            message_plural(
                "{count} client was not read, so another may have this number already",
                "{count} clients were not read, so another may have this number already",
                count=facts.same_number_unread,
            ),
        )
