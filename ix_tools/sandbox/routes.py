"""Routes of the API: handler and error format of each URL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from urllib.parse import unquote

from ix_tools.sandbox import account_handlers, handlers, refusals
from ix_tools.sandbox.calls import Answer, Call
from ix_tools.sandbox.kinds import BY_PATH, KINDS, Kind
from ix_tools.sandbox.refusals import Shape
from ix_tools.sandbox.state import Books

Handler = Callable[[Books, Call], Answer]


@dataclass(frozen=True)
class Route:
    """Method and path. A placeholder matches anything up to a slash, even when it cannot be an id."""

    method: str
    path: str
    handler: Handler
    refuses: Shape = Shape.LISTED
    missing: Shape = Shape.EMPTY
    creates: bool = False
    """Whether it creates a document, the only call in which proprietary_uid has an effect (docs/concepts/traps.md, Unique ids)."""

    def match(self, path: str) -> dict[str, str] | None:
        """Return the placeholders' values if the path matches. The path is not decoded: %2F is not a slash."""
        found = _compile_pattern(self.path).fullmatch(path)
        return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}


@cache
def _compile_pattern(path: str) -> re.Pattern[str]:
    escaped = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", escaped))


def _build_document_routes(kind: Kind) -> Iterator[Route]:
    """Build the routes of a document type."""
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


def _build_resource_routes() -> Iterator[Route]:
    yield Route("GET", "/invoices.json", partial(handlers.list_family, "invoices", ("invoices", "receipts")))
    yield Route("GET", "/estimates.json", partial(handlers.list_family, "estimates", ("estimates",)))
    yield Route("GET", "/guides.json", partial(handlers.list_family, "guides", ("guides",)))
    yield Route("POST", "/documents/{id}/partial_payments.json", handlers.create_payment, Shape.PAIRS)
    for word in (
        "document",
        "documents",
    ):  # the singular is documented and used, the plural was seen too (reading 11)
        yield Route("GET", f"/{word}/{{id}}/related_documents.json", handlers.list_related)
    yield Route("GET", "/api/pdf/{id}.json", handlers.get_pdf, Shape.EMPTY)
    yield Route("GET", "/api/qr_codes/{id}.json", handlers.get_qr_code, Shape.ERROR, Shape.ERROR)

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

    yield Route("GET", "/api/export_saft.json", handlers.export_saft, Shape.MESSAGE)


def _build_account_routes() -> Iterator[Route]:
    base = "/api/accounts"
    yield Route("POST", f"{base}/create.json", account_handlers.create_account, Shape.SINGLE)
    yield Route(
        "POST",
        f"{base}/create_already_user.json",
        account_handlers.create_account_for_existing_user,
        Shape.SINGLE,
    )
    yield Route("GET", f"{base}/{{id}}/get.json", account_handlers.get_account)
    yield Route("PUT", f"{base}/{{id}}/update.json", account_handlers.update_account, Shape.PAIRS)
    yield Route(
        "POST", "/api/v3/accounts/at_communication.json", account_handlers.set_at_communication, Shape.SINGLE
    )


def _build_treasury_routes() -> Iterator[Route]:
    client = "/api/v3/clients/{id}"
    listed = Shape.LISTED
    yield Route("GET", f"{client}/balance.json", account_handlers.get_balance, missing=listed)
    yield Route("PUT", f"{client}/initial_balance.json", account_handlers.set_initial_balance, missing=listed)
    yield Route("GET", f"{client}/regularization.json", account_handlers.list_regularizations, missing=listed)
    yield Route(
        "POST", f"{client}/regularization.json", account_handlers.create_regularization, missing=listed
    )
    yield Route(
        "DELETE",
        f"{client}/regularization/{{entry}}.json",
        account_handlers.delete_regularization,
        missing=listed,
    )
    yield Route("POST", f"{client}/treasury_movements.json", account_handlers.create_movement, missing=listed)
    yield Route(
        "DELETE",
        f"{client}/treasury_movements/{{entry}}.json",
        account_handlers.delete_movement,
        missing=listed,
    )


ROUTES: tuple[Route, ...] = (
    *_build_resource_routes(),
    *_build_account_routes(),
    *_build_treasury_routes(),
    *(route for kind in KINDS for route in _build_document_routes(kind)),
    # Documented without its .json.
    Route("GET", "/vat_moss_invoices", partial(handlers.list_type, BY_PATH["vat_moss_invoices"])),
)


def resolve(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Find the route of a request."""
    for route in ROUTES:
        if route.method == method and (names := route.match(path)) is not None:
            return route, names
    return None


def answer_refusal(route: Route, refused: refusals.Refused, books: Books) -> Answer:
    """Build a route's response to a refusal."""
    shape = route.refuses
    if shape is Shape.CODED and books.options.sequence_errors == "wrapped":
        shape = Shape.WRAPPED
    texts = refused.get_texts(books.options.language)
    media_type = "application/xml; charset=utf-8" if shape is Shape.XML else "application/json; charset=utf-8"
    return Answer(refused.status, refusals.build_body(shape, texts, refused.fields, refused.code), media_type)


def answer_missing(route: Route, missing: refusals.Missing, books: Books) -> Answer:
    """Build a route's response when the row does not exist."""
    return Answer(
        404,
        refusals.build_body(route.missing, [refusals.format_phrase(missing.phrase, books.options.language)]),
    )
