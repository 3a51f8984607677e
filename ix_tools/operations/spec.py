"""The specification of an operation: effect, route, rules, and marks on its fields for the wire and for names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from ix_tools.guards.facts import Want
from ix_tools.guards.findings import Guard
from ix_tools.operations.scopes import Heading, Scope


class Effect(StrEnum):
    """What a call leaves behind; hints, gate and wording follow from it (legal facts: DL 28/2019, Despacho 8632/2014)."""

    LOCAL = "local"
    READS = "reads"
    DRAFTS = "drafts"
    """Creates or edits something that can still be changed or deleted."""
    CATALOGUE = "catalogue"
    """Changes what later documents are made from: clients, items, taxes, the default series. The result says what will change."""
    REMOVES = "removes"
    """Takes away for good what later documents are made from: a client, an item, a tax."""
    FISCAL = "fiscal"
    """Reaches the tax authority's books: finalize, cancel, settle, pay, register."""
    OUTBOUND = "outbound"
    """Leaves for a third party and cannot be called back: e-mail."""
    ADMIN = "admin"
    """Accounts and their tie to the tax authority; off unless the setting allow_account_setup is on, and gated all the same."""
    ANY = "any"
    """Leaves nothing itself: it runs another operation, which goes the whole road with its own rules and its own gate."""

    @property
    def needs_approval(self) -> bool:
        """Whether a person approves every such call. There is no setting that changes this."""
        return self in {Effect.REMOVES, Effect.FISCAL, Effect.OUTBOUND, Effect.ADMIN}

    @property
    def writes(self) -> bool:
        """Whether a call can itself change anything at InvoiceXpress."""
        return self not in {Effect.LOCAL, Effect.READS, Effect.ANY}

    @property
    def only_reads(self) -> bool:
        """Whether nothing that comes of a call can change anything, so that it may be repeated, linked to, prefetched."""
        return self in {Effect.LOCAL, Effect.READS}


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call goes. `{field}` is a path parameter, `{key}` the document type's singular, as in `invoice`."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    envelope: str = ""
    """The key around the body."""
    answer: str = ""
    """The key around the answer."""
    xml: bool = False
    """The first version of the API: its own host, XML both ways."""


@dataclass(frozen=True, slots=True)
class WirePath:
    """Where in the request a field travels, when it is not under its own name: `message.client.email`, `date[from]`.

    An empty place means that the field is ours and is never sent; `/name` travels beside the envelope, `?name` in
    the query of a request that has a body.
    """

    path: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)
    """Our word to the API's, where they differ."""
    base64: bool = False
    """Whether the text travels in Base64, as passwords of the tax authority do."""


@dataclass(frozen=True, slots=True)
class ResolvesTo:
    """What a text field names. The road finds it before any rule runs, and fills in the field that holds its id."""

    kind: Literal["client", "item", "series", "tax"]
    id_field: str = ""
    """The field for the id, of which a caller gives this one or that; without one, the exact name takes the text's place."""


@cache
def find_name_fields(model: type[BaseModel]) -> dict[str, ResolvesTo]:
    """The fields of a model that name something."""
    marks = {
        name: next((mark for mark in info.metadata if isinstance(mark, ResolvesTo)), None)
        for name, info in model.model_fields.items()
    }
    return {name: mark for name, mark in marks.items() if mark is not None}


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything about an operation that is not a parameter."""

    name: str
    title: str
    effect: Effect
    example: Mapping[str, Any]
    route: Route | None = None
    needs: frozenset[Want] = frozenset()
    """Facts that the operation itself wants, besides its guards."""
    guards: tuple[Guard, ...] = ()
    idempotent: bool = False
    """Whether the same call twice leaves what one call leaves."""
    vendor_operations: tuple[str, ...] = ()
    """The operations of the vendor's description that this carries out, by their id there."""
    heading: Heading = field(kw_only=True)
    """Where the help lists it."""
    scope: Scope | None = None
    """What a caller needs, where the effect does not say it: for what reaches the books, or later documents are made from."""
    step_scopes: frozenset[Scope] = frozenset()
    """What the steps of a workflow need besides its own scope."""
    keywords: str = ""
    """Words that people search it by, besides those of its name, title and description."""
