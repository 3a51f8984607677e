"""Clients: the customers that documents are issued to."""

from typing import Annotated, Any, Self

from pydantic import model_validator

from ix_tools.errors import NotFound, Rejected, Unavailable
from ix_tools.facts import Facts
from ix_tools.operation import Effect, Operation, Route, Sending, Spec
from ix_tools.operations.drafts import OURS
from ix_tools.records import Client
from ix_tools.vocabulary import Record


class ClientResult(Record):
    """The client found."""

    client: Client


class FindClient(Operation[ClientResult]):
    """Find a client by exact code or exact name.

    Source: OpenAPI findClientByCode, findClientByName.
    """

    code: Annotated[str | None, OURS] = None
    """Your code."""
    name: Annotated[str | None, OURS] = None
    """Exact name."""

    spec = Spec(
        name="find_client",
        title="Find a client",
        effect=Effect.READS,
        route=Route("GET", "/clients/find-by-code.json", answer="client"),
        example={"code": "ACME"},
        idempotent=True,
    )

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if not self.code and not self.name:
            raise ValueError("code: give code or name")
        return self

    async def carried_out(self, sending: Sending) -> ClientResult:
        """By code first, then by name; a miss by name is sometimes a 500, so it is said as what it is."""
        if self.code:
            try:
                return self.read(await sending.send(ClientByCode(client_code=self.code)), sending.facts)
            except NotFound:
                if not self.name:
                    raise
        try:
            return self.read(await sending.send(ClientByName(client_name=self.name or "")), sending.facts)
        except (Unavailable, Rejected) as failed:
            raise NotFound(
                f"No client is called exactly {self.name!r}, or InvoiceXpress could not look it up (it answered {failed.status}).",
                status=failed.status,
                next="try the client's code; names must match exactly",
                retryable=True,
            ) from None

    def read(self, content: Any, facts: Facts) -> ClientResult:
        """The client."""
        return ClientResult(client=Client.model_validate(content or {}))


class ClientByCode(Operation[ClientResult]):
    """The look-up by code."""

    client_code: str
    """Code."""

    spec = Spec(
        "find_client", "", Effect.READS, {}, Route("GET", "/clients/find-by-code.json", answer="client")
    )


class ClientByName(Operation[ClientResult]):
    """The look-up by name."""

    client_name: str
    """Name."""

    spec = Spec(
        "find_client", "", Effect.READS, {}, Route("GET", "/clients/find-by-name.json", answer="client")
    )
