"""Specification of an operation: effect, route, rules, and the marks of fields for the wire and for names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from ix_tools.guards.facts import Want
from ix_tools.guards.findings import Guard
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.renames import Renamed


class Effect(StrEnum):
    """Effect of a call. Tool hints, approval and wording follow from it (DL 28/2019, Despacho 8632/2014)."""

    LOCAL = "local"
    READS = "reads"
    DRAFTS = "drafts"
    """Creates or edits something that can still be changed or deleted."""
    CATALOGUE = "catalogue"
    """Changes master data of later documents: clients, items, taxes, the default series. The result names the change."""
    REMOVES = "removes"
    """Deletes master data of later documents: a client, an item, a tax."""
    FISCAL = "fiscal"
    """Reaches the tax authority: finalize, cancel, settle, pay, register."""
    OUTBOUND = "outbound"
    """Sends something to a third party that cannot be recalled: e-mail."""
    ADMIN = "admin"
    """Changes accounts and their connection to the tax authority: off unless allow_account_setup is set, and approved even so."""
    ANY = "any"
    """Runs another operation through the whole pipeline, with that operation's own rules and approval."""

    @property
    def needs_approval(self) -> bool:
        """Return True if a person approves every such call. No setting changes this."""
        return self in {Effect.REMOVES, Effect.FISCAL, Effect.OUTBOUND, Effect.ADMIN}

    @property
    def may_need_approval(self) -> bool:
        """Return True if such a call, or the operation that it runs, can need an approval."""
        return self.needs_approval or self is Effect.ANY

    @property
    def writes(self) -> bool:
        """Return True if the call itself can change something at InvoiceXpress."""
        return self not in {Effect.LOCAL, Effect.READS, Effect.ANY}

    @property
    def only_reads(self) -> bool:
        """Return True if nothing can change through the call, so that it may be repeated, linked to or prefetched."""
        return self in {Effect.LOCAL, Effect.READS}


@dataclass(frozen=True, slots=True)
class Route:
    """HTTP route of a call. `{field}` is a path parameter, `{key}` the singular of the document type, e.g. `invoice`."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    envelope: str = ""
    """Key around the request body."""
    answer: str = ""
    """Key around the response body."""
    xml: bool = False
    """True for the first version of the API: its own host, and XML both ways."""


@dataclass(frozen=True, slots=True)
class WirePath:
    """Place of a field in the request, if it differs from the field's name: `message.client.email`, `date[from]`.

    An empty path keeps the field out of the request; `/name` puts it beside the envelope, `?name` into the query of a
    request that has a body.
    """

    path: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)
    """Values of ix-tools translated to the API's, where they differ."""
    base64: bool = False
    """True to send the text in Base64, as the passwords of the tax authority are."""


@dataclass(frozen=True, slots=True)
class ResolvesTo:
    """Kind of resource that a text field names. The pipeline resolves the name to an id before any rule runs."""

    kind: Literal["client", "item", "series", "tax"]
    id_field: str = ""
    """Field for the id, an alternative to the name; if empty, the exact name replaces the text."""


@cache
def find_name_fields(model: type[BaseModel]) -> dict[str, ResolvesTo]:
    """Return the fields of a model that name a resource."""
    marks = {
        name: next((mark for mark in info.metadata if isinstance(mark, ResolvesTo)), None)
        for name, info in model.model_fields.items()
    }
    return {name: mark for name, mark in marks.items() if mark is not None}


@dataclass(frozen=True, slots=True)
class Spec:
    """Specification of an operation: everything that is not a parameter."""

    name: str
    title: str
    effect: Effect
    example: Mapping[str, Any]
    route: Route | None = None
    needs: frozenset[Want] = frozenset()
    """Facts that the operation itself reads, besides those of its guards."""
    guards: tuple[Guard, ...] = ()
    idempotent: bool = False
    """True if repeating the call has no further effect."""
    vendor_operations: tuple[str, ...] = ()
    """Ids of the operations in the vendor's OpenAPI description that this implements."""
    heading: Heading = field(kw_only=True)
    """Heading in the help."""
    scope: Scope | None = None
    """Scope that a caller needs, if it does not follow from the effect (FISCAL, CATALOGUE, REMOVES)."""
    step_scopes: frozenset[Scope] = frozenset()
    """Scopes that the steps of a workflow need besides its own."""
    asks_on_one_sheet: bool = False
    """True if a person approves many documents on one sheet, which is a page or a terminal: no form of a host shows it."""
    keywords: str = ""
    """Search words besides those of its name, title and description."""
    renamed: tuple[Renamed, ...] = ()
    """Old names of the operation, which every interface takes for one version."""
