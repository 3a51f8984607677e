"""Protocols of the fields that pipeline and policy read of a call, whatever operation it is."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from pydantic import BaseModel

from ix_tools.domain.records import Client
from ix_tools.guards.facts import Facts
from ix_tools.guards.protocols import ClientShaped, ItemShaped


@runtime_checkable
class HasDocumentType(Protocol):
    """A call about one type of document."""

    @property
    def document_type(self) -> str | None: ...


@runtime_checkable
class HasDocumentId(Protocol):
    """A call about one document."""

    @property
    def document_id(self) -> int | None: ...


@runtime_checkable
class HasName(Protocol):
    """A call that names what it creates or changes."""

    @property
    def name(self) -> str | None: ...


@runtime_checkable
class HasState(Protocol):
    """A call that changes a state."""

    @property
    def state(self) -> str | None: ...


@runtime_checkable
class HasClient(Protocol):
    """A document with its client."""

    @property
    def client(self) -> ClientShaped | None: ...


@runtime_checkable
class HasTaxNumber(Protocol):
    """A call that creates or changes a client."""

    @property
    def fiscal_id(self) -> str | None: ...
    @property
    def country(self) -> str | None: ...


@runtime_checkable
class HasClientId(Protocol):
    """A call about one client."""

    @property
    def client_id(self) -> int | None: ...


@runtime_checkable
class HasLines(Protocol):
    """A document with its lines."""

    @property
    def items(self) -> Sequence[ItemShaped] | None: ...


@runtime_checkable
class HasOwner(Protocol):
    """A document that corrects or continues another one."""

    @property
    def owner_invoice_id(self) -> int | None: ...


@runtime_checkable
class HasSeriesId(Protocol):
    """A call that names a series by its id."""

    @property
    def sequence_id(self) -> int | None: ...


@runtime_checkable
class HasSeriesName(Protocol):
    """A call that names a series."""

    @property
    def serie(self) -> str | None: ...


@runtime_checkable
class HasIdempotencyKey(Protocol):
    """A write for which the caller may give a key."""

    @property
    def idempotency_key(self) -> str | None: ...


@runtime_checkable
class HasUniqueId(Protocol):
    """A create that InvoiceXpress carries out only once for each unique id."""

    @property
    def proprietary_uid(self) -> str | None: ...


@runtime_checkable
class HasDryRun(Protocol):
    """A create that can only be computed."""

    @property
    def dry_run(self) -> bool | None: ...
    def predict_result(self, facts: Facts) -> BaseModel:
        """Return what the call would create."""
        ...


@runtime_checkable
class HasRecipients(Protocol):
    """An e-mail."""

    @property
    def email(self) -> str | None: ...
    @property
    def cc(self) -> str | None: ...
    @property
    def bcc(self) -> str | None: ...
    @property
    def save(self) -> bool | None: ...


def get_document_type(call: object) -> str | None:
    """Return the document type that a call names, or None."""
    return call.document_type if isinstance(call, HasDocumentType) else None


def get_lines(call: object) -> Sequence[ItemShaped]:
    """Return the lines of a call, or none."""
    return (call.items or ()) if isinstance(call, HasLines) else ()


def get_series_id(call: object) -> int | None:
    """Return the id of the series that a call names, or None."""
    return call.sequence_id if isinstance(call, HasSeriesId) else None


def get_state(call: object) -> str | None:
    """Return the state that a call sets, or None."""
    return call.state if isinstance(call, HasState) else None


def get_client_id(call: object) -> int | None:
    """Return the id of the client that a call is about, or None."""
    return call.client_id if isinstance(call, HasClientId) else None


def get_new_tax_number(call: object, facts: Facts) -> tuple[str, str | None] | None:
    """Return the tax number that a call gives to a client, and its country; None if it gives none or leaves it as it was."""
    if isinstance(call, HasTaxNumber):
        known = facts.subject
        is_as_before = isinstance(known, Client) and (known.fiscal_id, known.country) == (
            call.fiscal_id,
            call.country,
        )
        return None if is_as_before or not call.fiscal_id else (call.fiscal_id, call.country)
    client = call.client if isinstance(call, HasClient) else None
    is_known = facts.client_by_code is not None or facts.client_by_name is not None
    if client is None or client.id is not None or is_known or not client.fiscal_id:
        return None
    return client.fiscal_id, client.country
