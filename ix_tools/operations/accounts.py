"""Accounts at InvoiceXpress and their connection to the tax authority (AT).

Off unless allow_account_setup is set. Passwords go into the request and nowhere else, and API keys are never read.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, WithJsonSchema, model_validator

from ix_tools.domain import resource_names
from ix_tools.domain.field_marks import Clearable
from ix_tools.domain.records import AccountRecord, Company
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Call, Email, Id, Record
from ix_tools.errors import Rejected, Unreadable
from ix_tools.guards.facts import Facts, Want
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.clearing import ClearsFields
from ix_tools.operations.drafts import LOCAL_ONLY, IdempotentCall, normalize_tax_number
from ix_tools.operations.expectations import Correction, ExpectedState, Step, Subject
from ix_tools.operations.fingerprints import DetectableChange
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Outcome, Probe, ProbeResult
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec, WirePath


def _check_sub_user(text: str) -> str:
    if not re.fullmatch(r"\d{9}/\d{1,4}", text):
        raise InvalidValue(
            message("a sub-user of the tax authority, NIF/number such as 509442013/1; never the main user")
        )
    return text


SubUser = Annotated[str, AfterValidator(_check_sub_user), WithJsonSchema({"type": "string"})]
Secret = Annotated[SecretStr, Field(min_length=1), WithJsonSchema({"type": "string", "format": "password"})]
AcceptedTerms = Literal[True]


def locate_account(number: int) -> Subject:
    """Return the reference by which an account is read."""
    return Subject(f"/api/accounts/{number}/get.json", "account", AccountRecord)


def preview_person(call: Any) -> list[Row]:
    """Return the row with the named person, for the approval."""
    name = " ".join(filter(None, [call.first_name, call.last_name]))
    return [Row("person", name)] if name else []


class AccountResult(Record):
    """Account without its API key and passwords."""

    account: AccountRecord
    note: TranslatedText | None = None


class GetAccount(Operation[AccountResult]):
    """Read an account's state: organization, trial, whether AT is configured.

    Source: OpenAPI getAccount.
    """

    account_id: Id
    """Id of the account, from create_account."""

    spec = Spec(
        name="get_account",
        title="Read an account",
        effect=Effect.READS,
        heading=Heading.ACCOUNTS,
        route=Route("GET", "/api/accounts/{account_id}/get.json", answer="account"),
        vendor_operations=("getAccount",),
        example={"account_id": 1},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> AccountResult:
        """Parse the account."""
        return AccountResult(account=AccountRecord.model_validate(content or {}))

    def identify_company(self, result: AccountResult) -> tuple[str, Company] | None:
        """Return the account's organization; its id does not say whether it is the account in use."""
        found = result.account
        if not found.organization_name:
            return None
        return f"account/{self.account_id}", Company(found.organization_name, found.fiscal_id or "")


class NewAccount(Call):
    """Parameters of a new account."""

    organization_name: str = Field(min_length=1)
    """Name of the company that uses the account."""
    email: Email
    """E-mail address of the account's owner."""
    password: Secret
    """Password of the account's owner; results never show it."""
    terms: AcceptedTerms
    """True when the person accepts InvoiceXpress's terms."""
    first_name: str | None = None
    """First name of the owner."""
    last_name: str | None = None
    """Last name of the owner."""
    phone: str | None = None
    """Telephone number of the company."""
    fiscal_id: str | None = None
    """NIF of the company; it cannot change later."""
    tax_country: Literal["1", "2", "3"] | None = None
    """Tax country by InvoiceXpress's own number."""
    language: Literal["pt", "en", "es"] | None = None
    """Language of the new account."""
    marketing: bool | None = None
    """True asks for InvoiceXpress's newsletter."""

    @model_validator(mode="after")
    def _send_checked_number(self) -> Self:
        # The model is frozen otherwise; every later step sees the number as it is sent.
        object.__setattr__(self, "fiscal_id", normalize_tax_number(self.fiscal_id, None))
        return self


class CreateAccount(NewAccount, IdempotentCall, Operation[AccountResult]):
    """Create an InvoiceXpress account; a person approves. Off unless allow_account_setup is set. The new API key is not shown.

    Source: OpenAPI createAccount, createAccountExisting.
    """

    manual_check = message("ask the new owner, who gets an e-mail from InvoiceXpress")

    existing_user: Annotated[bool, LOCAL_ONLY] = False
    """True for an owner who is an InvoiceXpress user already; default false."""

    spec = Spec(
        name="create_account",
        title="Create an account",
        effect=Effect.ADMIN,
        heading=Heading.ACCOUNTS,
        route=Route("POST", "/api/accounts/create.json", envelope="account", answer="account"),
        vendor_operations=("createAccount", "createAccountExisting"),
        example={
            "organization_name": "Padaria Central, Lda",
            "email": "dona@padaria.example.pt",
            "password": "only-an-example",
            "terms": True,
            "fiscal_id": "508025338",
        },
    )

    def build_preview(self, facts: Facts) -> Preview:
        """Show the owner and the accepted terms, never the password."""
        rows = [
            Row("organization", self.organization_name, is_headline=True),
            Row("email", self.email),
            *preview_person(self),
        ]
        rows += [Row(label, getattr(self, label)) for label in ("phone",) if getattr(self, label)]
        if self.fiscal_id:
            rows.append(Row("nif", self.fiscal_id))
        if self.existing_user:
            rows.append(Row("existing_user", True))
        return Preview("create_account", (*rows, Row("secret", self.password), Row("terms", True)))

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record no details: neither names nor passwords."""
        return {"subject": "accounts"}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Report unknown: accounts cannot be listed, but the new owner gets an e-mail from InvoiceXpress."""
        return ProbeResult(Outcome.UNKNOWN)

    async def execute(self, context: OperationContext) -> AccountResult:
        """Send the call to one of the two routes, which take the same body."""
        call: Operation[AccountResult] = self
        if self.existing_user:
            call = AccountForExistingUser.model_construct(
                **{name: getattr(self, name) for name in NewAccount.model_fields}
            )
        return self.parse_response(await context.send(call), context.facts)

    def parse_response(self, content: Any, facts: Facts) -> AccountResult:
        """Parse the account; the API key in the answer is not read."""
        return AccountResult(
            account=AccountRecord.model_validate(content or {}),
            note=message(
                "The new account's API key is not shown here: its owner signs in and finds it under Account > API."
            ),
        )

    def next_steps(self, result: AccountResult) -> Iterable[Step]:
        """Suggest reading the account."""
        if result.account.id:
            yield Step("get_account", message("see its state"), {"account_id": result.account.id})

    def plan_correction(self, result: AccountResult, facts: Facts) -> Correction:
        """Plan: only InvoiceXpress can close an account."""
        return Correction("account_created")


class AccountForExistingUser(NewAccount, Operation[AccountResult]):
    """Route for an owner who is a user already."""

    spec = Spec(
        "create_account",
        "",
        Effect.ADMIN,
        {},
        Route("POST", "/api/accounts/create_already_user.json", envelope="account", answer="account"),
        heading=Heading.ACCOUNTS,
    )


class Credentials(Call):
    """Sub-user of the tax authority that registers series."""

    username: SubUser
    """Sub-user of the tax authority (AT), e.g. 509442013/1, with WFA, WSE and WDT; never the main user."""
    password: Annotated[Secret, WirePath("password", base64=True)]
    """Password of the sub-user; results never show it."""
    type: Literal["AT"] = "AT"
    """Always AT, the tax authority."""
    context: Literal["Sequences"] = "Sequences"
    """Always Sequences, for registering series."""


class UpdateAccount(ClearsFields, IdempotentCall, DetectableChange, Operation[AccountResult]):
    """Change an account's details, or its AT credentials for series; a person approves. Off unless allow_account_setup is set.

    Source: OpenAPI updateAccount.
    """

    account_id: Id
    """Id of the account, from create_account."""
    password: Secret
    """Password of the account's owner; results never show it."""
    terms: AcceptedTerms
    """True when the person accepts InvoiceXpress's terms."""
    organization_name: str | None = Field(default=None, min_length=1)
    """Name of the company that uses the account."""
    email: Email | None = None
    """E-mail address of the account's owner."""
    first_name: Annotated[str | None, Clearable()] = None
    """First name of the owner."""
    last_name: Annotated[str | None, Clearable()] = None
    """Last name of the owner."""
    phone: Annotated[str | None, Clearable()] = None
    """Telephone number of the company."""
    address: Annotated[str | None, Clearable()] = None
    """Street and number of the company's address."""
    city: Annotated[str | None, Clearable()] = None
    """City of the company's address."""
    postal_code: Annotated[str | None, Clearable()] = None
    """Postal code of the address, e.g. 1000-555."""
    website: Annotated[str | None, Clearable()] = None
    """Web address of the company."""
    fax: Annotated[str | None, Clearable()] = None
    """Fax number of the company."""
    credentials: Credentials | None = None
    """Sub-user of the tax authority (AT) that registers series."""

    spec = Spec(
        name="update_account",
        title="Change an account",
        effect=Effect.ADMIN,
        heading=Heading.ACCOUNTS,
        route=Route("PUT", "/api/accounts/{account_id}/update.json", envelope="account", answer="account"),
        needs=frozenset({Want.SUBJECT}),
        idempotent=True,
        vendor_operations=("updateAccount",),
        example={"account_id": 1, "password": "only-an-example", "terms": True, "phone": "220000001"},
    )

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the account, whose data every document prints."""
        return (resource_names.ACCOUNT,)

    def subject_ref(self, result: AccountResult | None = None) -> Subject:
        """Return the account."""
        return locate_account(self.account_id)

    def fill_defaults(self, facts: Facts) -> Self:
        """Fill in name and e-mail, which the service requires every time."""
        names = ("organization_name", "email")
        update = {name: getattr(facts.subject, name, None) for name in names if getattr(self, name) is None}
        return self.model_copy(update=update)

    def build_preview(self, facts: Facts) -> Preview:
        """Show the changes, never a password."""
        place = ", ".join(filter(None, [self.address, self.postal_code, self.city]))
        rows = [
            Row("account_id", str(self.account_id)),
            Row("organization", self.organization_name, is_headline=True),
            Row("email", self.email),
            *preview_person(self),
        ]
        rows += [Row("phone", self.phone)] if self.phone else []
        rows += [Row("address", place)] if place else []
        rows.append(Row("secret", self.password))
        if self.credentials:
            given = self.credentials
            rows += [Row("at_subuser", given.username, is_headline=True), Row("at_secret", given.password)]
        return Preview("update_account", (*rows, Row("terms", True)))

    def predict_state(self, facts: Facts) -> ExpectedState:
        """Expect name and e-mail, the only fields that read back."""
        return ExpectedState({"organization_name": self.organization_name, "email": self.email})

    def parse_response(self, content: Any, facts: Facts) -> AccountResult:
        """Parse the answer, which is empty; the pipeline reads the record back."""
        return AccountResult(account=AccountRecord.model_validate(content or {}))

    def plan_correction(self, result: AccountResult, facts: Facts) -> Correction:
        """Plan: update it with the earlier values."""
        known = facts.subject
        before = {name: getattr(known, name, None) for name in ("organization_name", "email")}
        step = Step(
            "update_account",
            message("put the earlier values back"),
            {"account_id": self.account_id, **before},
        )
        return Correction("account_changed", (step,))


class AtResult(Record):
    """Confirmation that InvoiceXpress accepted the credentials."""

    success: bool


class SetupAtCommunication(IdempotentCall, Operation[AtResult]):
    """Set up how documents reach the tax authority (AT); a person approves. Off unless allow_account_setup is set.

    Source: OpenAPI atCommunication (v3).
    """

    manual_check = message("see Account > AT in InvoiceXpress")

    at_subuser: SubUser
    """Sub-user of the tax authority (AT), e.g. 509442013/1, with WFA, WSE and WDT; never the main user."""
    at_password: Annotated[Secret, WirePath("at_password", base64=True)]
    """Password of the sub-user; results never show it."""
    communication_type: Literal["auto", "manual", "guides", "portal_at"]
    """Way documents reach AT: auto sends each one, manual is SAF-T by hand, guides sends only guides, portal_at is set at AT's site."""

    spec = Spec(
        name="setup_at_communication",
        title="Set up AT communication",
        effect=Effect.ADMIN,
        heading=Heading.ACCOUNTS,
        keywords="subutilizador",
        route=Route("POST", "/api/v3/accounts/at_communication.json", envelope="at_communication"),
        idempotent=True,
        vendor_operations=("atCommunication",),
        example={"at_subuser": "509442013/1", "at_password": "only-an-example", "communication_type": "auto"},
    )

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the account, whose connection every document uses."""
        return (resource_names.ACCOUNT,)

    def build_preview(self, facts: Facts) -> Preview:
        """Show the sub-user and the way of communication, never the password."""
        rows = (
            Row("at_subuser", self.at_subuser, is_headline=True),
            Row("at_secret", self.at_password),
            Row("communication", self.communication_type),
        )
        return Preview("at_communication", rows)

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record no details: neither user nor password."""
        return {"subject": "at_communication"}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Report unknown: credentials cannot be read. Setting them up again is harmless and approved again."""
        return ProbeResult(Outcome.UNKNOWN)

    def parse_response(self, content: Any, facts: Facts) -> AtResult:
        """Parse the confirmation.

        Raises:
            Unreadable: The answer does not say whether the credentials were accepted.
            Rejected: They were not accepted.
        """
        said = str((content or {}).get("success", "")).lower()
        if not said:
            raise Unreadable(
                message("InvoiceXpress did not say whether it took the credentials."),
                sent="unknown",
                next=self.manual_check,
            )
        if said != "true":
            raise Rejected(
                message("InvoiceXpress did not accept the credentials."),
                next=message(
                    "check the sub-user, its password and its permissions (WFA, WSE, WDT) at the tax "
                    "authority"
                ),
            )
        return AtResult(success=True)

    def plan_correction(self, result: AtResult, facts: Facts) -> Correction:
        """Plan: set it up again."""
        return Correction("at_set_up")
