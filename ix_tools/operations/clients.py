"""Operations on clients, the customers that documents are issued to."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, model_validator

from ix_tools.domain import resource_names
from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.domain.parsing import read_rows
from ix_tools.domain.records import Client
from ix_tools.domain.types import Call, Id, Record
from ix_tools.fiscal.tax_numbers import FINAL_CONSUMER
from ix_tools.guards import master_data, tax_numbers
from ix_tools.guards.facts import Facts, Want
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.base import Operation
from ix_tools.operations.clearing import ClearsFields, list_newly_filled
from ix_tools.operations.client_fields import (
    PLAIN_FIELDS,
    ClientFields,
    Contact,
    Name,
    dump_client,
    predict_client,
)
from ix_tools.operations.drafts import LOCAL_ONLY, AcceptingCall, IdempotentCall, normalize_tax_number
from ix_tools.operations.expectations import Correction, ExpectedState, Step, Subject
from ix_tools.operations.fingerprints import (
    DetectableChange,
    DetectableDeletion,
    detect_creation,
    trace_creation,
)
from ix_tools.operations.invoice_lists import (
    DEFAULT_STATES,
    LIST_STATES,
    LIST_TYPES,
    SETTLING_TYPES,
    USUAL_TYPES,
    InvoiceList,
    InvoiceListing,
    ListState,
    ListType,
    OpenInvoiceList,
)
from ix_tools.operations.list_filters import PageCall
from ix_tools.operations.lists import (
    DeletionResult,
    PageResult,
    name_deleted,
    parse_document_page,
    parse_page,
)
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Probe, ProbeResult
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, ResolvesTo, Route, Spec, WirePath


class ClientResult(Record):
    """Client as stored."""

    client: Client


# --- reading -------------------------------------------------------------------------------------------


class ClientCall(Call):
    """Parameters that select one client."""

    client_id: Id | None = None
    """Id of the client, from find_client; or give client."""
    client: Annotated[str | None, LOCAL_ONLY, ResolvesTo("client", "client_id")] = Field(
        default=None, min_length=1
    )
    """Code, exact name or NIF of the client; or give client_id."""

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the client, including its balance."""
        return () if self.client_id is None else (resource_names.name_client(self.client_id),)


def locate_client(number: int | None) -> Subject | None:
    """Return the reference by which a client is read; None without an id."""
    return Subject(f"/clients/{number}.json", "client", Client) if number is not None else None


class ClientList(PageResult):
    """Page of clients."""

    clients: list[Client]


class ListClients(PageCall, Operation[ClientList]):
    """List clients, in pages. find_client is quicker for one.

    Source: OpenAPI listClients.
    """

    spec = Spec(
        name="list_clients",
        title="List clients",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/clients.json"),
        vendor_operations=("listClients",),
        example={"per_page": 50},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> ClientList:
        """Parse the page."""
        rows = [Client.model_validate(one) for one in read_rows(content, "clients")]
        return ClientList.model_validate({"clients": rows, **parse_page(content, len(rows))})


class GetClient(ClientCall, Operation[ClientResult]):
    """Read one client whole.

    Source: OpenAPI getClient.
    """

    spec = Spec(
        name="get_client",
        title="Read a client",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/clients/{client_id}.json", answer="client"),
        vendor_operations=("getClient",),
        example={"client_id": 501},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> ClientResult:
        """Parse the client."""
        return ClientResult(client=Client.model_validate(content or {}))


Archived = Literal["archived", "non_archived"]
NOT_ARCHIVED: list[Archived] = ["non_archived"]


class ListClientInvoices(ClientCall, OpenInvoiceList):
    """List a client's invoices and notes, newest first; unpaid or overdue ones with what is open.

    Source: OpenAPI listClientInvoices.
    """

    types: Annotated[list[ListType], WirePath("filter.by_type", LIST_TYPES)] = Field(
        default_factory=lambda: list(USUAL_TYPES), min_length=1
    )
    """Kinds of document to list; default all but receipts."""
    states: Annotated[list[ListState], WirePath("filter.status", LIST_STATES)] = Field(
        default_factory=DEFAULT_STATES.copy, min_length=1
    )
    """States to list; default draft, final and settled."""
    archived: Annotated[list[Archived], WirePath("filter.archived")] = Field(
        default_factory=NOT_ARCHIVED.copy, min_length=1
    )
    """Archived documents, others, or both; default non_archived."""
    page: Annotated[int, WirePath("?page")] = Field(default=1, ge=1)
    """Number of the page, from 1; default 1."""
    per_page: Annotated[int, WirePath("?per_page")] = Field(default=30, ge=1, le=100)
    """Rows on a page, 1 to 100; default 30."""

    spec = Spec(
        name="list_client_invoices",
        title="List a client's invoices",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("POST", "/clients/{client_id}/invoices.json"),
        vendor_operations=("listClientInvoices",),
        example={"client_id": 501, "states": ["final"]},
        idempotent=True,
    )

    def build_settling_call(self, since: date | None) -> InvoiceListing:
        """Return the call that lists the client's receipts and credit notes in force; this list has no filter by date."""
        wanted = {"types": SETTLING_TYPES, "states": list(ISSUED_STATES), "archived": get_args(Archived)}
        return ListClientInvoices.model_validate({**wanted, "client_id": self.client_id})

    def parse_response(self, content: Any, facts: Facts) -> InvoiceList:
        """Parse the page."""
        return InvoiceList.model_validate(parse_document_page(content, "invoices"))


# --- writing -------------------------------------------------------------------------------------------


class CreateClient(AcceptingCall, ClientFields, IdempotentCall, Operation[ClientResult]):
    """Add a client. Look with find_client first: names and codes are unique.

    Source: OpenAPI createClient.
    """

    name: Name
    """Name of the client, unique in the account."""
    code: str | None = Field(default=None, min_length=1)
    """Code of your own for the client, unique in the account; default its fiscal_id."""

    spec = Spec(
        name="create_client",
        title="Create a client",
        effect=Effect.CATALOGUE,
        heading=Heading.CLIENTS,
        scope=Scope.DRAFT,
        route=Route("POST", "/clients.json", envelope="client", answer="client"),
        guards=(tax_numbers.client_number_fits_country, tax_numbers.client_number_not_shared),
        vendor_operations=("createClient",),
        example={
            "name": "Padaria Central, Lda",
            "code": "PADARIA",
            "fiscal_id": "508025338",
            "country": "PT",
            "email": "contas@padaria.example.pt",
        },
    )

    @model_validator(mode="after")
    def _has_code(self) -> Self:
        # The model is frozen otherwise; every later step sees the code as it is sent.
        if self.code is None:
            if not self.fiscal_id or self.fiscal_id == FINAL_CONSUMER:
                raise InvalidValue(
                    message(
                        "give a code of your own; only a client with a tax number of its own can do without"
                    ),
                    "code",
                )
            object.__setattr__(self, "code", self.fiscal_id)
        return self

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the name of the new client, which has no id yet."""
        return (resource_names.name_new_client(self.code or self.name or ""),)

    def subject_ref(self, result: ClientResult | None = None) -> Subject | None:
        """Return the new client once it has an id."""
        return locate_client(result.client.id) if result and result.client.id else None

    def predict_state(self, facts: Facts) -> ExpectedState:
        """Expect the requested values."""
        return predict_client(self)

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the code, and a hash of the requested values."""
        return trace_creation("clients", self.predict_state(facts).values, code=self.code)

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Look the client up by its code and compare it with the request."""
        found = await probe.find_client(str(trace["code"]))
        return await detect_creation(trace, probe, Client, [found] if found else [])

    def parse_response(self, content: Any, facts: Facts) -> ClientResult:
        """Parse the stored client."""
        return ClientResult(client=Client.model_validate(content or {}))

    def next_steps(self, result: ClientResult) -> Iterable[Step]:
        """Suggest an invoice for the client."""
        if result.client.code:
            about = {"client": {"code": result.client.code}}
            yield Step("create_invoice", message("bill this client"), about)

    def plan_correction(self, result: ClientResult, facts: Facts) -> Correction:
        """Plan: delete it."""
        return Correction(
            "created", (Step("delete_client", message("delete it"), {"client_id": result.client.id}),)
        )


class UpdateClient(
    ClearsFields,
    AcceptingCall,
    ClientFields,
    IdempotentCall,
    DetectableChange,
    ClientCall,
    Operation[ClientResult],
):
    """Change a client for later documents and drafts. What you leave out stays; clear empties fields.

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
        guards=(
            tax_numbers.client_number_fits_country,
            tax_numbers.client_number_not_shared,
            master_data.removing_the_tax_number_is_accepted,
            master_data.issued_documents_keep_the_client,
        ),
        idempotent=True,
        vendor_operations=("updateClient",),
        example={"client_id": 501, "phone": "220000001"},
    )

    def subject_ref(self, result: ClientResult | None = None) -> Subject | None:
        """Return the client."""
        return locate_client(self.client_id)

    def fill_defaults(self, facts: Facts) -> Self:
        """Fill in the stored values, since a field that is not sent may be lost."""
        known = facts.subject
        update = {name: getattr(known, name, None) for name in PLAIN_FIELDS if getattr(self, name) is None}
        stored = getattr(known, "preferred_contact", None)
        contact = stored.model_dump(exclude_none=True) if stored else {}
        if self.preferred_contact is None and contact:
            update["preferred_contact"] = Contact.model_construct(**contact)
        # The stored country may say how a number that was given alone is written.
        number, country = self.fiscal_id, self.country or update.get("country")
        if number is not None:
            update["fiscal_id"] = normalize_tax_number(number, country)
        return self.model_copy(update=update)

    def predict_state(self, facts: Facts) -> ExpectedState:
        """Expect the requested values, and all others as they were."""
        return predict_client(self)

    def parse_response(self, content: Any, facts: Facts) -> ClientResult:
        """Parse the answer, which is empty; the pipeline reads the record back."""
        return ClientResult(client=Client.model_validate(content or {}))

    def plan_correction(self, result: ClientResult, facts: Facts) -> Correction:
        """Plan: update it with the earlier values."""
        before = {"client_id": self.client_id, **dump_client(facts.subject)}
        if filled := list_newly_filled(self, facts.subject):
            before["clear"] = filled
        return Correction("changed", (Step("update_client", message("put the earlier values back"), before),))


class DeleteClient(IdempotentCall, DetectableDeletion, ClientCall, Operation[DeletionResult]):
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
        vendor_operations=("deleteClient",),
        example={"client_id": 502},
    )

    def subject_ref(self, result: DeletionResult | None = None) -> Subject | None:
        """Return the client."""
        return locate_client(self.client_id)

    def build_preview(self, facts: Facts) -> Preview:
        """Show the client and the number of its documents; a client with documents is not deleted."""
        client = facts.subject if isinstance(facts.subject, Client) else Client()
        known = client if client.name else client.model_copy(update={"name": f"id {self.client_id}"})
        rows = (Row("client_documents", str(facts.client_documents)),)
        return Preview("client_deleted", rows, client=known)

    def parse_response(self, content: Any, facts: Facts) -> DeletionResult:
        """Return the name of the deleted client."""
        return DeletionResult(deleted=name_deleted("client", self.client_id, facts.subject))

    def plan_correction(self, result: DeletionResult, facts: Facts) -> Correction:
        """Plan: create it again."""
        return Correction(
            "removed", (Step("create_client", message("create it again"), dump_client(facts.subject)),)
        )
