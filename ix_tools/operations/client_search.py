"""Finding one client: exactly one comes back, or candidates to choose from."""

from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import model_validator

from ix_tools.domain.parsing import as_record
from ix_tools.domain.records import Client
from ix_tools.errors import NotFound, Rejected, Unavailable
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import refusal
from ix_tools.operations import matching
from ix_tools.operations.base import Operation, Sending
from ix_tools.operations.clients import ClientResult
from ix_tools.operations.drafts import OURS
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec


class FindClient(Operation[ClientResult]):
    """Find a client by exact code, exact name or NIF; otherwise candidates come back.

    Source: OpenAPI findClientByCode, findClientByName.
    """

    code: Annotated[str | None, OURS] = None
    """Code of the client, matched exactly."""
    name: Annotated[str | None, OURS] = None
    """Name of the client, matched exactly."""
    fiscal_id: Annotated[str | None, OURS] = None
    """Tax number of the client: NIF or foreign VAT number."""

    spec = Spec(
        name="find_client",
        title="Find a client",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/clients/find-by-code.json", answer="client"),
        covers=("findClientByCode", "findClientByName"),
        example={"code": "ACME"},
        idempotent=True,
    )

    @model_validator(mode="after")
    def _by_something(self) -> Self:
        if not (self.code or self.name or self.fiscal_id):
            raise ValueError("code: give code or name or fiscal_id")
        return self

    async def carried_out(self, sending: Sending) -> ClientResult:
        """By code, then by name, then by number; only the list, read to its end, tells that nobody is called so."""
        for look in self._looks():
            try:
                return self.read(await sending.send(look), sending.facts)
            except (NotFound, Unavailable, Rejected):
                continue  # a miss by name is a 404 or a 500: the list tells
        rows, unread = await sending.listed("/clients.json", "clients")
        clients = [as_record(Client, row) for row in rows]
        given = {name: text for name in ("code", "name", "fiscal_id") if (text := getattr(self, name))}
        doubts = []
        for name, text in given.items():
            matches = matching.clients_like(clients, unread, **{name: text})
            if matches.sure is not None:
                return ClientResult(client=matches.sure)
            doubts.append(matching.unsure(name, "client", text, matches, "client_id"))
        if unread or any(doubt.candidates for doubt in doubts):
            raise refusal(doubts)
        asked = " or ".join(f"{name} {text!r}" for name, text in given.items())
        raise NotFound(
            f"No client has the {asked}, and none is like it.",
            status=404,
            next="list_clients shows all; create_client adds one",
        )

    def _looks(self) -> Iterable[Operation[ClientResult]]:
        if self.code:
            yield ClientByCode(client_code=self.code)
        if self.name:
            yield ClientByName(client_name=self.name)

    def read(self, content: Any, facts: Facts) -> ClientResult:
        """The client."""
        return ClientResult(client=Client.model_validate(content or {}))


class ClientByCode(Operation[ClientResult]):
    """The look-up by code."""

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
    """The look-up by name."""

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
