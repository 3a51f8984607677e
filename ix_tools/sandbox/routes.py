"""The URLs of the API: which handler answers each, and in which shape it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from ix_tools.sandbox import handlers, refusals
from ix_tools.sandbox.books import Books
from ix_tools.sandbox.calls import Answer, Call
from ix_tools.sandbox.kinds import BY_PATH, KINDS, Kind
from ix_tools.sandbox.refusals import Shape

Handler = Callable[[Books, Call], Answer]


@dataclass(frozen=True)
class Route:
    """A method and a path; `{id}` takes digits, `{word}` anything up to a slash."""

    method: str
    path: str
    handler: Handler
    refuses: Shape = Shape.LISTED
    missing: Shape = Shape.EMPTY
    creates: bool = False
    """A document create: the only call whose proprietary_uid counts (docs/traps.md, Unique ids)."""

    def match(self, path: str) -> dict[str, str] | None:
        """The placeholders' values, when the path is this route's."""
        found = _pattern(self.path).fullmatch(path)
        return None if found is None else found.groupdict()


def _pattern(path: str) -> re.Pattern[str]:
    escaped = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(
        re.sub(r"\{(\w+)\}", r"(?P<\1>\\d{1,18})", escaped)
    )  # `re` keeps compiled patterns itself


def _documents(kind: Kind) -> Iterator[Route]:
    """The routes every document type has."""
    base, one = f"/{kind.path}.json", f"/{kind.path}/{{id}}"
    not_found = Shape.SINGLE
    if kind.path != "invoices":
        yield Route("GET", base, partial(handlers.list_type, kind))
    yield Route("GET", f"{one}.json", partial(handlers.get_document, kind))
    yield Route("PUT", f"{one}/change-state.json", partial(handlers.change_state, kind), missing=not_found)
    yield Route("PUT", f"{one}/email-document.json", partial(handlers.send_mail, kind))
    if kind.family != "receipts":
        invoice = kind.family == "invoices"
        yield Route("POST", base, partial(handlers.create_document, kind), creates=invoice)
        yield Route("PUT", f"{one}.json", partial(handlers.update_document, kind), missing=not_found)


def _resources() -> Iterator[Route]:
    yield Route("GET", "/invoices.json", partial(handlers.list_family, "invoices", ("invoices", "receipts")))
    yield Route("GET", "/estimates.json", partial(handlers.list_family, "estimates", ("estimates",)))
    yield Route("GET", "/guides.json", partial(handlers.list_family, "guides", ("guides",)))
    yield Route("POST", "/documents/{id}/partial_payments.json", handlers.pay, Shape.PAIR)
    for word in (
        "document",
        "documents",
    ):  # the singular is documented and live, the plural is seen too (reading 11)
        yield Route("GET", f"/{word}/{{id}}/related_documents.json", handlers.related)
    yield Route("GET", "/api/pdf/{id}.json", handlers.pdf, Shape.EMPTY)
    yield Route("GET", "/api/qr_codes/{id}.json", handlers.qr_code, Shape.ERROR, Shape.ERROR)

    yield Route("GET", "/sequences.json", handlers.list_sequences)
    yield Route("POST", "/sequences.json", handlers.create_sequence, Shape.CODED)
    yield Route("GET", "/sequences/{id}.json", handlers.get_sequence)
    yield Route("PUT", "/sequences/{id}/register.json", handlers.register_sequence, Shape.CODED)
    yield Route("PUT", "/sequences/{id}/set_current.json", handlers.set_current_sequence, Shape.EMPTY)
    yield Route("PUT", "/sequences/{id}.xml", handlers.update_sequence_v1, Shape.XML)

    yield Route("GET", "/taxes.json", handlers.list_taxes)
    yield Route("POST", "/taxes.json", handlers.create_tax, Shape.FIELDS)
    yield Route("GET", "/taxes/{id}.json", handlers.get_tax)
    yield Route("PUT", "/taxes/{id}.json", handlers.update_tax, Shape.FIELDS)
    yield Route("DELETE", "/taxes/{id}.json", handlers.delete_tax, Shape.FIELDS)

    yield Route("GET", "/clients.json", handlers.list_clients)
    yield Route("POST", "/clients.json", handlers.create_client, Shape.PLAIN)
    yield Route("GET", "/clients/find-by-code.json", partial(handlers.find_client, "code"))
    yield Route("GET", "/clients/find-by-name.json", partial(handlers.find_client, "name"))
    yield Route("GET", "/clients/{id}.json", handlers.get_client)
    yield Route("PUT", "/clients/{id}.json", handlers.update_client, Shape.EMPTY)
    yield Route("DELETE", "/clients/{id}.json", handlers.delete_client, Shape.PLAIN)
    yield Route("POST", "/clients/{id}/invoices.json", handlers.list_client_invoices)

    yield Route("GET", "/items.json", handlers.list_items)
    yield Route("POST", "/items.json", handlers.create_item)
    yield Route("GET", "/items/{id}.json", handlers.get_item)
    yield Route("PUT", "/items/{id}.json", handlers.update_item)
    yield Route("DELETE", "/items/{id}.json", handlers.delete_item)


_NOT_YET = (
    ("POST", "/api/accounts/create.json", "create_account"),
    ("POST", "/api/accounts/create_already_user.json", "create_account_existing"),
    ("GET", "/api/accounts/{id}/get.json", "get_account"),
    ("PUT", "/api/accounts/{id}/update.json", "update_account"),
    ("POST", "/api/v3/accounts/at_communication.json", "at_communication"),
    ("GET", "/api/export_saft.json", "export_saft"),
    ("GET", "/api/v3/clients/{id}/balance.json", "get_client_balance"),
    ("PUT", "/api/v3/clients/{id}/initial_balance.json", "update_client_initial_balance"),
    ("GET", "/api/v3/clients/{id}/regularization.json", "get_client_regularizations"),
    ("POST", "/api/v3/clients/{id}/regularization.json", "create_client_regularization"),
    ("DELETE", "/api/v3/clients/{id}/regularization/{other}.json", "delete_client_regularization"),
    ("POST", "/api/v3/clients/{id}/treasury_movements.json", "create_client_treasury_movement"),
    ("DELETE", "/api/v3/clients/{id}/treasury_movements/{other}.json", "delete_client_treasury_movement"),
)
"""What the real API also does and the box does not: answered 501, by name."""

ROUTES: tuple[Route, ...] = (
    *_resources(),
    *(route for kind in KINDS for route in _documents(kind)),
    # Documented without its .json.
    Route("GET", "/vat_moss_invoices", partial(handlers.list_type, BY_PATH["vat_moss_invoices"])),
    *(Route(method, path, partial(handlers.not_yet, name)) for method, path, name in _NOT_YET),
)


def resolve(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a request."""
    for route in ROUTES:
        if route.method == method and (names := route.match(path)) is not None:
            return route, names
    return None


def refusal(route: Route, refused: refusals.Refused, books: Books) -> Answer:
    """What a route answers when the ledger refuses."""
    shape = route.refuses
    if shape is Shape.CODED and books.options.sequence_errors == "wrapped":
        shape = Shape.WRAPPED
    texts = refused.texts(books.options.language)
    media_type = "application/xml; charset=utf-8" if shape is Shape.XML else "application/json; charset=utf-8"
    return Answer(refused.status, refusals.body(shape, texts, refused.field, refused.code), media_type)


def miss(route: Route, books: Books, call: Call) -> Answer:
    """What a route answers when there is no such row."""
    phrase: refusals.Phrase = "document_not_found"
    if route.missing is Shape.ERROR:
        phrase = ("qr_not_found", call.names["id"])
    return Answer(404, refusals.body(route.missing, [refusals.say(phrase, books.options.language)]))
