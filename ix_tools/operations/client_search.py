"""Search for one client by code, name or tax number."""

from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import model_validator

from ix_tools.domain.parsing import parse_record
from ix_tools.domain.records import Client
from ix_tools.errors import NotFound, Rejected, Unavailable
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import combine_findings
from ix_tools.i18n.messages import join_messages, message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations import matching
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.clients import ClientResult
from ix_tools.operations.drafts import LOCAL_ONLY
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec


class FindClient(Operation[ClientResult]):
    """Find a client by exact code, exact name or NIF; otherwise candidates come back.

    Source: OpenAPI findClientByCode, findClientByName.
    """

    code: Annotated[str | None, LOCAL_ONLY] = None
    """Code of the client, matched exactly."""
    name: Annotated[str | None, LOCAL_ONLY] = None
    """Name of the client, matched exactly."""
    fiscal_id: Annotated[str | None, LOCAL_ONLY] = None
    """Tax number of the client: NIF or foreign VAT number."""

    spec = Spec(
        name="find_client",
        title="Find a client",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/clients/find-by-code.json", answer="client"),
        vendor_operations=("findClientByCode", "findClientByName"),
        example={"code": "ACME"},
        idempotent=True,
    )

    @model_validator(mode="after")
    def _by_something(self) -> Self:
        if not (self.code or self.name or self.fiscal_id):
            raise InvalidValue(message("give code or name or fiscal_id"), "code")
        return self

    async def execute(self, context: OperationContext) -> ClientResult:
        """Look the client up by code and name, then search the whole list, which alone proves absence.

        Raises:
            Refused: Several clients may be meant; they are returned as candidates.
            NotFound: No client matches, and all clients were read.
        """
        for look in self._build_look_ups():
            try:
                return self.parse_response(await context.send(look), context.facts)
            except (NotFound, Unavailable, Rejected):
                continue  # a miss by name is a 404 or a 500: only the list is reliable
        rows, unread = await context.list_all("/clients.json", "clients")
        clients = [parse_record(Client, row) for row in rows]
        given = {name: text for name in ("code", "name", "fiscal_id") if (text := getattr(self, name))}
        doubts = []
        for name, text in given.items():
            matches = matching.match_client_fields(clients, unread, **{name: text})
            if matches.unique is not None:
                return ClientResult(client=matches.unique)
            doubts.append(matching.refuse_ambiguous(name, "client", text, matches, "client_id"))
        if unread or any(doubt.candidates for doubt in doubts):
            raise combine_findings(doubts)
        asked = join_messages(
            [message("{field} '{text}'", field=name, text=text) for name, text in given.items()], ", "
        )
        raise NotFound(
            message("No client has the {asked}, and none is similar.", asked=asked),
            status=404,
            next=message("list_clients shows all; create_client adds one"),
        )

    def _build_look_ups(self) -> Iterable[Operation[ClientResult]]:
        if self.code:
            yield ClientByCode(client_code=self.code)
        if self.name:
            yield ClientByName(client_name=self.name)

    def parse_response(self, content: Any, facts: Facts) -> ClientResult:
        """Parse the client."""
        return ClientResult(client=Client.model_validate(content or {}))


class ClientByCode(Operation[ClientResult]):
    """Look-up by code."""

    client_code: str
    """Code of the client to find."""

    spec = Spec(
        "find_client",
        "",
        Effect.READS,
        {},
        Route("GET", "/clients/find-by-code.json", answer="client"),
        heading=Heading.CLIENTS,
    )


class ClientByName(Operation[ClientResult]):
    """Look-up by name."""

    client_name: str
    """Name of the client to find."""

    spec = Spec(
        "find_client",
        "",
        Effect.READS,
        {},
        Route("GET", "/clients/find-by-name.json", answer="client"),
        heading=Heading.CLIENTS,
    )
