"""Schema of the policy file, strict because a typo must not allow anything."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from ix_tools.domain.document_kinds import list_document_kinds
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.documents import ChangeState
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import Effect
from ix_tools.renames import take_old_names

INTERFACES = ("cli", "mcp", "rest", "chat", "demo", "library")
"""Interfaces through which a call can come."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STATES: tuple[str, ...] = get_args(ChangeState.model_fields["state"].annotation)
DOCUMENT_TYPES = tuple(kind.plural for kind in list_document_kinds())
CLIENT = "client"
"""Stands for the address of the document's client in InvoiceXpress."""
MAX_VALID_MINUTES = 7 * 24 * 60
"""The longest time for which an approval may be valid."""
WILDCARDS = frozenset("*?[")
IDENTITY_FORMS = (
    re.compile(r"(?:terminal|page|principal):.+", re.DOTALL),
    # The platforms' own ids, which nobody can change: not names or addresses, which an administrator sets.
    re.compile(r"slack:[A-Z0-9]+\.[A-Z0-9]+", re.ASCII),
    re.compile(r"telegram:[1-9][0-9]*", re.ASCII),
    # The issuer and its stable `sub`, which may be any printable ASCII.
    re.compile(r"oidc:https?://[^#\s]+#[\x20-\x7e]{1,255}", re.ASCII),
)
CHAT_PREFIXES = ("slack:", "telegram:")

FallbackDecision = Literal["person", "form", "page", "terminal", "signed", "four-eyes", "deny"]
Decision = Literal["deny", "form", "page", "terminal", "signed", "person", "four-eyes", "unattended"]


@dataclass(frozen=True)
class EachOf:
    """Validates a non-empty list of these words."""

    allowed: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._check, handler(source))

    def _check(self, given: tuple[str, ...]) -> tuple[str, ...]:
        if not given or not set(given) <= set(self.allowed):
            raise InvalidValue(message("one or more of {allowed}", allowed=", ".join(self.allowed)))
        return given


def _listed(value: object) -> object:
    if not isinstance(value, list):
        raise InvalidValue(message('a list, such as ["..."]'))
    return tuple(value)


def _not_empty(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given or not all(one.strip() for one in given):
        raise InvalidValue(message("one or more, none of them empty"))
    return given


def _euros(value: object) -> Decimal:
    # The file is parsed with Decimal, so that no float decides a cent.
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidValue(message("an amount in euros, such as 100 or 99.90"))
    amount = Decimal(value)
    if not amount.is_finite() or not 0 <= amount < 10**12 or amount != round(amount, 2):
        raise InvalidValue(message("an amount in euros from 0, with at most two decimals"))
    return amount


def _hours(value: object) -> tuple[int, int]:
    """Parse hours to minutes since midnight: start, and end (not included)."""
    try:
        first, last = (_minutes(one) for one in str(value).split("-"))
    except ValueError:
        raise InvalidValue(message('hours such as "09:00-19:30"; the end may be 24:00')) from None
    if not isinstance(value, str) or first >= last:
        raise InvalidValue(
            message("from an earlier to a later hour of the same day; write two rules to go past midnight")
        )
    return first, last


def _minutes(text: str) -> int:
    if text == "24:00":
        return 24 * 60
    if len(text) != 5:
        raise ValueError(text)
    at = time.fromisoformat(text)
    return at.hour * 60 + at.minute


def _plain_date(value: object) -> object:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InvalidValue(message("a day written without quotes, such as 2026-12-31"))
    return value


WordList = Annotated[tuple[str, ...], BeforeValidator(_listed)]
NonEmptyList = Annotated[WordList, AfterValidator(_not_empty)]
Euros = Annotated[Decimal, BeforeValidator(_euros)]
Day = Annotated[date, BeforeValidator(_plain_date)]


class StrictModel(BaseModel):
    """Base class that refuses unknown keys and converts nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _take_old_names(cls, given: Any) -> Any:
        return take_old_names(cls.model_fields, given) if isinstance(given, dict) else given


class Rule(StrictModel):
    """One rule; it applies if all its conditions hold. A condition that is not given always holds."""

    name: Annotated[str, Field(pattern=r"^\w[\w .-]{0,59}$")]
    """The name in explanations and in the audit trail."""
    decision: Decision
    """The decision if the rule applies."""

    who: NonEmptyList | None = None
    """Principals; `*` stands for anything, as in `n8n-*`."""
    through: Annotated[WordList, EachOf(tuple(INTERFACES))] | None = None
    """Interfaces of the call."""
    operations: NonEmptyList | None = None
    """Operations; `*` stands for anything, as in `delete_*`."""
    effects: Annotated[WordList, EachOf(tuple(Effect))] | None = None
    """Effects of operations, as the reference names them."""
    states: Annotated[WordList, EachOf(tuple(STATES))] | None = None
    """New states in change_state."""
    document_types: Annotated[WordList, EachOf(tuple(DOCUMENT_TYPES))] | None = None
    """Kinds of document."""
    series: NonEmptyList | None = None
    """Names of series."""
    above: Euros | None = None
    """Only amounts above this one."""
    up_to: Euros | None = None
    """Only amounts up to and including this one."""
    weekdays: Annotated[WordList, EachOf(tuple(DAYS))] | None = None
    """Days of the week, in Lisbon."""
    hours: Annotated[tuple[int, int], BeforeValidator(_hours)] | None = None
    """Hours in Lisbon, as 09:00-19:00; the end is not included."""
    first_day: Day | None = None
    """The first day, in Lisbon."""
    last_day: Day | None = None
    """The last day, included."""

    approvers: NonEmptyList | None = None
    """The only people who may approve."""
    asker_may_approve: bool | None = None
    """The requester may approve; by default False for four-eyes and True otherwise."""

    valid_minutes: Annotated[int, Field(ge=1, le=MAX_VALID_MINUTES)] | None = None
    """Minutes for which an approval is valid, from the question to the call; by default what the settings say."""

    daily: Euros | None = None
    """For unattended: the maximum sum of one day, in Lisbon, for each principal."""
    daily_calls: Annotated[int, Field(ge=1)] | None = None
    """For unattended: the maximum number of calls of one day for each principal."""
    with_warnings: bool = False
    """For unattended: calls with warnings go out, too."""
    recipients: NonEmptyList | None = None
    """For unattended e-mail: `client` for the client's address in InvoiceXpress, or addresses; `*` stands for anything."""

    @property
    def is_unattended(self) -> bool:
        """Check if the rule approves calls without a person."""
        return self.decision == "unattended"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.above is not None and self.up_to is not None and self.above >= self.up_to:
            raise InvalidValue(message("more than above"), "up_to")
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise InvalidValue(message("not before first_day"), "last_day")
        known = catalogue()
        for wanted in self.operations or ():
            if wanted not in known and not any(
                fnmatchcase(name, wanted) for present in known for name in known.list_names(present)
            ):
                raise InvalidValue(message("there is no operation '{wanted}'", wanted=wanted), "operations")
            if wanted in known and self.decision != "deny" and not known[wanted].spec.effect.needs_approval:
                raise InvalidValue(
                    message("{wanted} needs no approval, so it can only be denied", wanted=wanted),
                    "operations",
                )
        if self.approvers is not None:
            if self.decision in {"deny", "unattended"}:
                raise InvalidValue(message("not with deny or unattended, where nobody approves"), "approvers")
            if self.decision == "form":
                raise InvalidValue(
                    message("a form does not identify the person; use page, terminal or four-eyes"),
                    "approvers",
                )
            if len({one.casefold() for one in self.approvers}) < self.required_people:
                raise InvalidValue(message("at least two different people, for four eyes"), "approvers")
        if self.asker_may_approve is not None and self.decision in {"deny", "unattended", "form"}:
            raise InvalidValue(message("only with person, page, terminal or four-eyes"), "asker_may_approve")
        if self.valid_minutes is not None and self.decision in {"deny", "unattended"}:
            raise InvalidValue(message("not with deny or unattended, where nobody is asked"), "valid_minutes")
        return self._check_unattended() if self.is_unattended else self._check_attended()

    def _check_unattended(self) -> Self:
        """Require explicit names and limits of an unattended rule."""
        for name in ("who", "operations", "up_to", "daily"):
            if getattr(self, name) is None:
                raise InvalidValue(
                    message(
                        "must be given for unattended",
                    ),
                    name,
                )
        for name in ("who", "operations"):
            if any(WILDCARDS & set(one) for one in getattr(self, name)):
                raise InvalidValue(
                    message(
                        "each by its whole name for unattended, without * or ?",
                    ),
                    name,
                )
        for name in self.operations or ():
            if catalogue()[name].spec.effect in {Effect.ADMIN, Effect.REMOVES}:
                raise InvalidValue(message("{name} is never unattended", name=name), "operations")
            if catalogue().read_name(name) == "change_state" and self.states is None:
                raise InvalidValue(message("must be given for an unattended change_state"), "states")
            if name == "send_email" and self.recipients is None:
                raise InvalidValue(
                    message('must be given for unattended e-mail, such as ["client"]'), "recipients"
                )
        return self

    def _check_attended(self) -> Self:
        for name in ("daily", "daily_calls", "recipients"):
            if getattr(self, name) is not None:
                raise InvalidValue(
                    message(
                        "only for unattended",
                    ),
                    name,
                )
        if self.with_warnings:
            raise InvalidValue(message("only for unattended"), "with_warnings")
        return self

    @property
    def required_people(self) -> int:
        """The number of people who must approve."""
        return 2 if self.decision == "four-eyes" else 1


class Rules(StrictModel):
    """A whole policy file."""

    otherwise: FallbackDecision = "person"
    """The decision on an irreversible call to which no rule applies."""
    people: Mapping[str, NonEmptyList] = Field(default_factory=dict)
    """The identities of one person: `ana = ["terminal:asilva", "page:ana@acme.example", "slack:T01.U02"]`."""
    rules: Annotated[tuple[Rule, ...], BeforeValidator(_listed)] = ()
    """The rules; all that apply count, and the strictest wins."""

    @model_validator(mode="after")
    def _no_doubts(self) -> Self:
        _refuse_duplicates("rules", [rule.name for rule in self.rules])
        _refuse_duplicates("people", [_fold_identity(one) for ids in self.people.values() for one in ids])
        _refuse_duplicates("people", [name.casefold() for name in self.people])
        for one in (one for ids in self.people.values() for one in ids):
            if not any(form.fullmatch(one) for form in IDENTITY_FORMS):
                raise InvalidValue(
                    message(
                        "'{one}' is not terminal:NAME, page:NAME, principal:NAME, oidc:ISSUER#SUB, slack:TEAM.USER or "
                        "telegram:NUMBER",
                        one=one,
                    ),
                    "people",
                )
        names = {name: person for person in self.people for name in self._list_principals(person)}
        for person, ids in self.people.items():
            for name in {*map(str.casefold, ids)} & names.keys():
                if names[name] != person:
                    raise InvalidValue(
                        message(
                            "'{name}' is {person}, who asks in a chat by that name",
                            name=name,
                            person=names[name],
                        ),
                        "people",
                    )
        return self

    def find_person(self, identity: str) -> str | None:
        """Return the person of an identity of a chat or a provider; None if nobody has it."""
        return next((person for person, ids in self.people.items() if identity in ids), None)

    def name_person(self, identity: str) -> str:
        """Return the person of an identity as it was recorded, for a reader; the identity itself if nobody has it."""
        recorded = _fold_identity(identity)
        return next((who for one, who in self.identities if _fold_identity(one) == recorded), identity)

    def _list_principals(self, person: str) -> tuple[str, ...]:
        """Return the principal under which a person asks in a chat: their name."""
        chats = any(one.startswith(CHAT_PREFIXES) for one in self.people[person])
        return (f"principal:{person.casefold()}",) if chats else ()

    @property
    def identities(self) -> tuple[tuple[str, str], ...]:
        """Return pairs of identity and person."""
        return tuple(
            (one, who)
            for who, ids in sorted(self.people.items())
            for one in dict.fromkeys((*ids, *self._list_principals(who)))
        )


def _fold_identity(identity: str) -> str:
    """Return an identity as it is compared: names without case, a provider's `sub` as it is."""
    return identity if identity.startswith("oidc:") else identity.casefold()


def _refuse_duplicates(field: str, names: Sequence[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise InvalidValue(message("'{name}' is given twice", name=twice[0]), field)
