"""Fields of a client that are written, and the arguments that would store a client as it is."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, model_validator

from ix_tools.domain.field_marks import Clearable
from ix_tools.domain.types import Call, Country, Email
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.drafts import normalize_tax_number
from ix_tools.operations.expectations import ExpectedState


class Contact(Call):
    """Contact person of a client."""

    name: str | None = None
    """Name of the contact person."""
    email: Email | None = None
    """E-mail address of the contact person."""
    phone: str | None = None
    """Telephone number of the contact person."""


def _check_name(text: str) -> str:
    if not 1 <= len(text) <= 100:
        raise InvalidValue(message("1 to 100 characters"))
    return text


Name = Annotated[str, AfterValidator(_check_name)]


class ClientFields(Call):
    """Fields of a client besides name and code."""

    fiscal_id: Annotated[str | None, Clearable()] = None
    """Tax number of the client: NIF or foreign VAT number."""
    country: Country | None = None
    """Country by ISO code or name, e.g. PT; default Portugal."""
    email: Annotated[Email | Literal[""] | None, Clearable()] = None
    """E-mail address of the client, e.g. ana@example.pt."""
    address: Annotated[str | None, Clearable()] = None
    """Street and number of the client's address."""
    city: Annotated[str | None, Clearable()] = None
    """City of the client's address."""
    postal_code: Annotated[str | None, Clearable()] = None
    """Postal code of the address, e.g. 1000-555."""
    phone: Annotated[str | None, Clearable()] = None
    """Telephone number of the client."""
    fax: Annotated[str | None, Clearable()] = None
    """Fax number of the client."""
    website: Annotated[str | None, Clearable()] = None
    """Web address of the client."""
    language: Literal["pt", "en", "es"] | None = None
    """Language in which the client's documents are printed."""
    preferred_contact: Contact | None = None
    """Person to contact at the client."""
    observations: Annotated[str | None, Clearable()] = None
    """Notes about the client; documents do not print them."""
    send_options: Literal["1", "2", "3"] | None = None
    """Number of copies that are sent: 1, 2 or 3."""

    @model_validator(mode="after")
    def _send_checked_number(self) -> Self:
        # The model is frozen otherwise; every later step sees the number as it is sent.
        object.__setattr__(self, "fiscal_id", normalize_tax_number(self.fiscal_id, self.country))
        return self


WRITABLE_FIELDS = ("name", "code", *ClientFields.model_fields)
PLAIN_FIELDS = tuple(name for name in WRITABLE_FIELDS if name != "preferred_contact")


def dump_client(client: Any) -> dict[str, Any]:
    """Return a stored client as the arguments that would store it."""
    return dict(client.model_dump(mode="json", include=set(WRITABLE_FIELDS), exclude_none=True))


def predict_client(call: Any) -> ExpectedState:
    """Return the expected state of the client."""
    given = {name: getattr(call, name) for name in PLAIN_FIELDS}
    return ExpectedState({name: value for name, value in given.items() if value is not None})
