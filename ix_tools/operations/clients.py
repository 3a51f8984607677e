"""Clients: the customers that documents are issued to."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, Field

from ix_tools.domain import resource_names
from ix_tools.domain.parsing import read_rows
from ix_tools.domain.records import Client
from ix_tools.domain.types import Call, Country, Email, Id, Record
from ix_tools.guards import master_data
from ix_tools.guards.facts import Facts, Want
from ix_tools.operations.base import Operation
from ix_tools.operations.documents import (
    LIST_STATES,
    LIST_TYPES,
    USUAL_STATES,
    InvoiceList,
    ListState,
    ListType,
)
from ix_tools.operations.drafts import OURS, Keyed
from ix_tools.operations.expectations import Correction, Expected, Step, Subject
from ix_tools.operations.fingerprints import Changes, Removes, made, of_a_new
from ix_tools.operations.lists import Deleted, PageShown, documents_of, page_of
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Evidence, Witness
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import At, Effect, Names, Route, Spec


class ClientResult(Record):
    """The client found."""

    client: Client


# --- reading -------------------------------------------------------------------------------------------


class OfClient(Call):
    """A call about one client."""

    client_id: Id | None = None
    """Id of the client, from find_client; or give client."""
    client: Annotated[str | None, OURS, Names("client", "client_id")] = Field(default=None, min_length=1)
    """Code, exact name or NIF of the client; or give client_id."""

    def changes(self, facts: Facts) -> Iterable[str]:
        """The client, with what it owes."""
        return () if self.client_id is None else (resource_names.client(self.client_id),)


def client_at(number: int | None) -> Subject | None:
    """Where a client is read, once its id is known."""
    return Subject(f"/clients/{number}.json", "client", Client) if number is not None else None


class ClientList(PageShown):
    """A page of clients."""

    clients: list[Client]


class ListClients(Operation[ClientList]):
    """List clients, in pages. find_client is quicker for one.

    Source: OpenAPI listClients.
    """

    page: int = Field(default=1, ge=1)
    """Number of the page, from 1; default 1."""
    per_page: int = Field(default=30, ge=1, le=100)
    """Rows on a page, 1 to 100; default 30."""

    spec = Spec(
        name="list_clients",
        title="List clients",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/clients.json"),
        covers=("listClients",),
        example={"per_page": 50},
        idempotent=True,
    )

    def read(self, content: Any, facts: Facts) -> ClientList:
        """A page."""
        rows = [Client.model_validate(one) for one in read_rows(content, "clients")]
        return ClientList.model_validate({"clients": rows, **page_of(content, len(rows))})


class GetClient(OfClient, Operation[ClientResult]):
    """Read one client whole.

    Source: OpenAPI getClient.
    """

    spec = Spec(
        name="get_client",
        title="Read a client",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/clients/{client_id}.json", answer="client"),
        covers=("getClient",),
        example={"client_id": 501},
        idempotent=True,
    )

    def read(self, content: Any, facts: Facts) -> ClientResult:
        """The client."""
        return ClientResult(client=Client.model_validate(content or {}))


Archived = Literal["archived", "non_archived"]
NOT_ARCHIVED: list[Archived] = ["non_archived"]


class ListClientInvoices(OfClient, Operation[InvoiceList]):
    """List a client's invoices, notes and receipts, newest first.

    Source: OpenAPI listClientInvoices.
    """

    types: Annotated[list[ListType], At("filter.by_type", LIST_TYPES)] = Field(
        default_factory=lambda: list(get_args(ListType)), min_length=1
    )
    """Kinds of document to list; default all."""
    states: Annotated[list[ListState], At("filter.status", LIST_STATES)] = Field(
        default_factory=USUAL_STATES.copy, min_length=1
    )
    """States to list; default draft, final and settled."""
    archived: Annotated[list[Archived], At("filter.archived")] = Field(
        default_factory=NOT_ARCHIVED.copy, min_length=1
    )
    """Archived documents, others, or both; default non_archived."""
    page: Annotated[int, At("?page")] = Field(default=1, ge=1)
    """Number of the page, from 1; default 1."""
    per_page: Annotated[int, At("?per_page")] = Field(default=30, ge=1, le=100)
    """Rows on a page, 1 to 100; default 30."""

    spec = Spec(
        name="list_client_invoices",
        title="List a client's invoices",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("POST", "/clients/{client_id}/invoices.json"),
        covers=("listClientInvoices",),
        example={"client_id": 501, "states": ["final"]},
        idempotent=True,
    )

    def read(self, content: Any, facts: Facts) -> InvoiceList:
        """Rows, and in words what this page leaves out."""
        return InvoiceList.model_validate(documents_of(content, "invoices"))


# --- writing -------------------------------------------------------------------------------------------


class Contact(Call):
    """Whom to turn to at a client."""

    name: str | None = None
    """Name of the contact person."""
    email: Email | None = None
    """E-mail address of the contact person."""
    phone: str | None = None
    """Telephone number of the contact person."""


def _name(text: str) -> str:
    if not 1 <= len(text) <= 100:
        raise ValueError("1 to 100 characters")
    return text


Name = Annotated[str, AfterValidator(_name)]


class ClientFields(Call):
    """What a client's record holds besides name and code."""

    fiscal_id: str | None = None
    """Tax number of the client: NIF or foreign VAT number."""
    country: Country | None = None
    """Country by ISO code or name, e.g. PT; default Portugal."""
    email: Email | Literal[""] | None = None
    """E-mail address of the client, e.g. ana@example.pt."""
    address: str | None = None
    """Street and number of the client's address."""
    city: str | None = None
    """City of the client's address."""
    postal_code: str | None = None
    """Postal code of the address, e.g. 1000-555."""
    phone: str | None = None
    """Telephone number of the client."""
    fax: str | None = None
    """Fax number of the client."""
    website: str | None = None
    """Web address of the client."""
    language: Literal["pt", "en", "es"] | None = None
    """Language in which the client's documents are printed."""
    preferred_contact: Contact | None = None
    """Person to contact at the client."""
    observations: str | None = None
    """Notes about the client; documents do not print them."""
    send_options: Literal["1", "2", "3"] | None = None
    """Number of copies that are sent: 1, 2 or 3."""


WRITTEN = ("name", "code", *ClientFields.model_fields)
PLAIN = tuple(name for name in WRITTEN if name != "preferred_contact")


def client_values(client: Any) -> dict[str, Any]:
    """A stored client as the arguments that would store it."""
    return dict(client.model_dump(mode="json", include=set(WRITTEN), exclude_none=True))


def expected_client(call: Any) -> Expected:
    """What the client reads back as."""
    given = {name: getattr(call, name) for name in PLAIN}
    return Expected({name: value for name, value in given.items() if value is not None})


class CreateClient(ClientFields, Keyed, Operation[ClientResult]):
    """Add a client. Look with find_client first: names and codes are unique.

    Source: OpenAPI createClient.
    """

    name: Name
    """Name of the client, unique in the account."""
    code: str = Field(min_length=1)
    """Code of your own for the client, unique in the account, e.g. the NIF."""

    spec = Spec(
        name="create_client",
        title="Create a client",
        effect=Effect.CATALOGUE,
        heading=Heading.CLIENTS,
        scope=Scope.DRAFT,
        route=Route("POST", "/clients.json", envelope="client", answer="client"),
        guards=(master_data.number_fits_country,),
        covers=("createClient",),
        example={
            "name": "Padaria Central, Lda",
            "code": "PADARIA",
            "fiscal_id": "508025338",
            "country": "PT",
            "email": "contas@padaria.example.pt",
        },
    )

    def changes(self, facts: Facts) -> Iterable[str]:
        """A client that is not there yet."""
        return (resource_names.new_client(self.code or self.name or ""),)

    def regarding(self, result: ClientResult | None = None) -> Subject | None:
        """The new client, once it has an id."""
        return client_at(result.client.id) if result and result.client.id else None

    def expected(self, facts: Facts) -> Expected:
        """What was asked."""
        return expected_client(self)

    def trace(self, facts: Facts) -> dict[str, Any]:
        """Its code, and a digest of what was asked."""
        return of_a_new("clients", self.expected(facts).values, code=self.code)

    @classmethod
    async def happened(cls, trace: Mapping[str, Any], witness: Witness) -> Evidence:
        """Look up its code: a client that reads as asked is it; nobody, once lists have caught up, is a no."""
        found = await witness.client(str(trace["code"]))
        return await made(trace, witness, Client, [found] if found else [])

    def read(self, content: Any, facts: Facts) -> ClientResult:
        """The client as stored."""
        return ClientResult(client=Client.model_validate(content or {}))

    def next_steps(self, result: ClientResult) -> Iterable[Step]:
        """Bill them."""
        if result.client.code:
            yield Step("create_invoice", "bill this client", {"client": {"code": result.client.code}})

    def undo(self, result: ClientResult, facts: Facts) -> Correction:
        """Delete it."""
        return Correction("created", (Step("delete_client", "delete it", {"client_id": result.client.id}),))


class UpdateClient(ClientFields, Keyed, Changes, OfClient, Operation[ClientResult]):
    """Change a client for later documents and drafts. What you leave out stays; empty text clears.

    Source: OpenAPI updateClient.
    """

    name: Name | None = None
    """New name of the client, unique in the account."""
    code: str | None = Field(default=None, min_length=1)
    """New code of your own for the client, unique in the account."""

    spec = Spec(
        name="update_client",
        title="Change a client",
        effect=Effect.CATALOGUE,
        heading=Heading.CLIENTS,
        scope=Scope.DRAFT,
        route=Route("PUT", "/clients/{client_id}.json", envelope="client", answer="client"),
        needs=frozenset({Want.SUBJECT}),
        guards=(master_data.number_fits_country, master_data.issued_documents_keep_the_client),
        idempotent=True,
        covers=("updateClient",),
        example={"client_id": 501, "phone": "220000001"},
    )

    def regarding(self, result: ClientResult | None = None) -> Subject | None:
        """The client."""
        return client_at(self.client_id)

    def completed(self, facts: Facts) -> Self:
        """The whole record: what is not sent may be lost."""
        known = facts.subject
        update = {name: getattr(known, name, None) for name in PLAIN if getattr(self, name) is None}
        stored = getattr(known, "preferred_contact", None)
        contact = stored.model_dump(exclude_none=True) if stored else {}
        if self.preferred_contact is None and contact:
            update["preferred_contact"] = Contact.model_construct(**contact)
        return self.model_copy(update=update)

    def expected(self, facts: Facts) -> Expected:
        """What was asked, and all the rest as it was."""
        return expected_client(self)

    def read(self, content: Any, facts: Facts) -> ClientResult:
        """Answered with nothing; the road reads it again."""
        return ClientResult(client=Client.model_validate(content or {}))

    def undo(self, result: ClientResult, facts: Facts) -> Correction:
        """Put back what was there."""
        before = {"client_id": self.client_id, **client_values(facts.subject)}
        return Correction("changed", (Step("update_client", "put the earlier values back", before),))


class DeleteClient(Keyed, Removes, OfClient, Operation[Deleted]):
    """Delete a client without documents; a person approves.

    Source: undocumented, seen in use: DELETE /clients/{id}.json.
    """

    spec = Spec(
        name="delete_client",
        title="Delete a client",
        effect=Effect.REMOVES,
        heading=Heading.CLIENTS,
        scope=Scope.ISSUE,
        route=Route("DELETE", "/clients/{client_id}.json"),
        needs=frozenset({Want.SUBJECT}),
        guards=(master_data.client_without_documents,),
        idempotent=True,
        covers=("deleteClient",),
        example={"client_id": 502},
    )

    def regarding(self, result: Deleted | None = None) -> Subject | None:
        """The client."""
        return client_at(self.client_id)

    def preview(self, facts: Facts) -> Preview:
        """The client, and how many documents they have: one who has any is not deleted."""
        client = facts.subject if isinstance(facts.subject, Client) else Client()
        known = client if client.name else client.model_copy(update={"name": f"id {self.client_id}"})
        rows = (Row("client_documents", str(facts.client_documents)),)
        return Preview("client_deleted", rows, client=known)

    def read(self, content: Any, facts: Facts) -> Deleted:
        """Who was there."""
        return Deleted(deleted=f"client {self.client_id} ({getattr(facts.subject, 'name', None)})")

    def undo(self, result: Deleted, facts: Facts) -> Correction:
        """Create it again."""
        return Correction(
            "removed", (Step("create_client", "create it again", client_values(facts.subject)),)
        )
