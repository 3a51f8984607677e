"""What an operation is: one class whose fields are the parameters and whose `spec` says where it goes and what it leaves behind."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum
from functools import cache
from types import GenericAlias
from typing import Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, model_validator

from ix_tools.comparison import Difference
from ix_tools.errors import Problem
from ix_tools.facts import Facts, Want
from ix_tools.preview import Preview
from ix_tools.records import Company
from ix_tools.spec_words import Heading, Scope
from ix_tools.vocabulary import Call, Record

Result = TypeVar("Result", bound=BaseModel)


class Effect(StrEnum):
    """What a call leaves behind; hints, gate and wording follow from it (legal facts: DL 28/2019, Despacho 8632/2014)."""

    LOCAL = "local"
    READS = "reads"
    DRAFTS = "drafts"
    """Creates or edits something that can still be changed or deleted."""
    CATALOGUE = "catalogue"
    """Changes what later documents are made from: clients, items, taxes, the default series. The result says what will change."""
    REMOVES = "removes"
    """Takes away for good what later documents are made from: a client, an item, a tax."""
    FISCAL = "fiscal"
    """Reaches the tax authority's books: finalize, cancel, settle, pay, register."""
    OUTBOUND = "outbound"
    """Leaves for a third party and cannot be called back: e-mail."""
    ADMIN = "admin"
    """Accounts and their tie to the tax authority; off unless the setting allow_account_setup is on, and gated all the same."""
    ANY = "any"
    """Leaves nothing itself: it runs another operation, which goes the whole road with its own rules and its own gate."""

    @property
    def gated(self) -> bool:
        """Whether a person approves every such call. There is no setting that changes this."""
        return self in {Effect.REMOVES, Effect.FISCAL, Effect.OUTBOUND, Effect.ADMIN}

    @property
    def writes(self) -> bool:
        """Whether a call can itself change anything at InvoiceXpress."""
        return self not in {Effect.LOCAL, Effect.READS, Effect.ANY}

    @property
    def only_reads(self) -> bool:
        """Whether nothing that comes of a call can change anything, so that it may be repeated, linked to, prefetched."""
        return self in {Effect.LOCAL, Effect.READS}


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call goes. `{field}` is a path parameter, `{key}` the document type's singular, as in `invoice`."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    envelope: str = ""
    """The key around the body."""
    answer: str = ""
    """The key around the answer."""
    xml: bool = False
    """The first version of the API: its own host, XML both ways."""


@dataclass(frozen=True, slots=True)
class At:
    """Where in the request a field travels, when it is not under its own name: `message.client.email`, `date[from]`.

    An empty place means that the field is ours and is never sent; `/name` travels beside the envelope, `?name` in
    the query of a request that has a body.
    """

    place: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    """Our word to the API's, where they differ."""
    base64: bool = False
    """Whether the text travels in Base64, as passwords of the tax authority do."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a text field names. The road finds it before any rule runs, and fills in the field that holds its id."""

    what: Literal["client", "item", "series", "tax"]
    into: str = ""
    """The field for the id, of which a caller gives this one or that; without one, the exact name takes the text's place."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a guard has to say. It never changes the call."""

    kind: Literal["refuse", "accept", "warn"]
    problem: Problem
    next: str = ""
    accept: str = ""
    """The word that the caller puts into `accept` to have it nevertheless."""
    candidates: tuple[Mapping[str, Any], ...] = ()
    """What may have been meant, with ids, to choose from."""
    pt: str = ""
    """The problem in Portuguese, for whoever approves in it."""


def refuse(field: str, problem: str, allowed: str = "", next: str = "") -> Finding:
    """It is wrong; nothing will be sent."""
    return Finding("refuse", Problem(field, problem, allowed), next)


@cache
def names_in(model: type[BaseModel]) -> dict[str, Names]:
    """The fields of a model that name something."""
    marks = {
        name: next((mark for mark in info.metadata if isinstance(mark, Names)), None)
        for name, info in model.model_fields.items()
    }
    return {name: mark for name, mark in marks.items() if mark is not None}


def ask(word: str, field: str, problem: str, allowed: str = "") -> Finding:
    """It may be meant; nothing will be sent until the caller says so with `accept`."""
    return Finding(
        "accept", Problem(field, problem, allowed), f"repeat the call with accept: [{word!r}]", word
    )


def warn(field: str, problem: str, pt: str = "") -> Finding:
    """It will be sent, and the caller should know this; with the same in Portuguese for whoever approves."""
    return Finding("warn", Problem(field, problem), pt=pt)


Guard = Callable[[Any, Facts], Iterable[Finding]]
"""A rule: pure, named after what it keeps true, saying which facts it wants with `@wants`."""


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything about an operation that is not a parameter."""

    name: str
    title: str
    effect: Effect
    example: Mapping[str, Any]
    route: Route | None = None
    needs: frozenset[Want] = frozenset()
    """Facts that the operation itself wants, besides its guards."""
    guards: tuple[Guard, ...] = ()
    idempotent: bool = False
    """Whether the same call twice leaves what one call leaves."""
    covers: tuple[str, ...] = ()
    """The operations of the vendor's description that this carries out, by their id there."""
    heading: Heading = field(kw_only=True)
    """Where the help lists it."""
    scope: Scope | None = None
    """What a caller needs, where the effect does not say it: for what reaches the books, or later documents are made from."""
    steps_need: frozenset[Scope] = frozenset()
    """What the steps of a workflow need besides its own scope."""
    keywords: str = ""
    """Words that people search it by, besides those of its name, title and description."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The one thing, no document, that a call is about: where to read it, before as a fact and after to compare."""

    path: str
    name: str
    """The key around the answer, and the field of the result that shows it: `client`."""
    record: type[Record]

    @property
    def title(self) -> str:
        """How journal and audit trail call it: `clients/501`."""
        parts = self.path.removesuffix(".json").split("/")
        return "/".join(part for part in parts if part not in {"", "api", "get"})


@dataclass(frozen=True, slots=True)
class Correction:
    """What would correct a result that cannot be undone; `undo` has the words, the date and the law for the plan."""

    plan: str
    steps: tuple["Step", ...] = ()
    since: date | None = None
    """The day that deadlines count from."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a document must read back as, or it is reported and held; what any other thing must, or it is reported."""

    values: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A sensible next call, as every success names it."""

    tool: str
    why: str
    arguments: Mapping[str, Any] | None = field(default_factory=dict)
    """None: those of the call itself, which is to be repeated word for word."""

    def as_dict(self) -> dict[str, Any]:
        """As results show it."""
        arguments = {} if self.arguments is None else {"arguments": dict(self.arguments)}
        return {"tool": self.tool, **arguments, "why": self.why}


@dataclass(frozen=True, slots=True)
class Covering:
    """One yes for several calls of a recipe: asked before the first, with all of them shown; each then goes through once.

    What is asked is bound to the recipe's own call, so that it is the recipe that is repeated after the answer.
    """

    recipe: "Operation[Any]"
    then: tuple["Operation[Any]", ...] = ()
    """Calls about the same document that the yes covers besides; `Approvals` keeps a single use of each."""
    warnings: tuple[Finding, ...] = ()
    """What the recipe found that the person should know."""
    differences: tuple[Difference, ...] = ()
    """How the document differs from what the recipe was asked to make."""
    step_key: str = ""
    """The idempotency key of this step: of a kind of its own in the journal, so that no caller can take it first."""


class Sending(Protocol):
    """What the road lends to an operation while it is carried out."""

    @property
    def facts(self) -> Facts:
        """What was looked up for this call."""

    @property
    def given(self) -> Mapping[str, Any]:
        """The arguments as the caller wrote them; for operations without a route."""

    async def send(self, call: "Operation[Any]") -> Any:
        """Send the call as its route says; the answer comes back without its envelope."""

    async def perform(
        self, name: str, arguments: Mapping[str, Any], covering: Covering | None = None
    ) -> dict[str, Any]:
        """Carry out another operation on the same road, with its own guards and gate; for operations without a route.

        The caller's answer to an approval goes along, and a question that a person must answer comes out as the
        question of the whole call. Where nobody can be asked, the result has status approval_required.
        """

    def find(self, text: str) -> list[dict[str, Any]]:
        """The operations that the words of a text mean, best first, of those that the settings offer."""

    def describe(self, name: str) -> dict[str, Any]:
        """An operation as its caller must know it; refused like the call itself where the settings do not offer it."""

    async def background(self, call: "Operation[Any]", document: Any) -> Facts:
        """What is known of a document besides what was read: from the journal, and of what a note corrects."""

    async def left_open(self) -> list[dict[str, str]]:
        """Calls of which the journal does not know whether they were carried out: id, operation, subject."""

    async def download(self, url: str) -> bytes | None:
        """Fetch a file from an allowed host; None when the host is not allowed."""

    async def keep(self, content: bytes, name: str) -> str:
        """Write a file into the folder for documents; its path."""

    async def progress(self, done: float, total: float, message: str) -> None:
        """Tell whoever waits how far it is."""

    async def listed(self, path: str, key: str) -> tuple[list[dict[str, Any]], int]:
        """Every row of a list, as far as the setting lets pages be read, and how many rows that leaves out."""

    async def pause(self, attempt: int) -> bool:
        """Wait before asking again; False when the patience set for this is used up."""


class Happened(Enum):
    """The answer to: the connection died; did it happen?"""

    YES = "it happened"
    NO = "it did not happen"
    UNKNOWN = "nobody can tell yet"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found, with the content that the answer would have had."""

    verdict: Happened
    content: Any = None
    seen: str = ""
    made: str = ""
    """The new document or receipt that was recognised, as `receipts/1008`: nobody else may call it theirs."""


class Witness(Protocol):
    """What can be looked at to tell whether something happened. A failed look-up raises: it is never `no`."""

    async def document(self, kind: str, number: int) -> Mapping[str, Any] | None:
        """A document as it is; None when there is none."""

    async def related(self, number: int) -> list[Mapping[str, Any]]:
        """Documents related to one."""

    async def series(self, number: int) -> Mapping[str, Any] | None:
        """A series as it is."""

    async def thing(self, path: str, name: str) -> Mapping[str, Any] | None:
        """Anything else that is read under a path of its own, as it is; None when there is none."""

    async def client(self, code: str) -> Mapping[str, Any] | None:
        """The client of exactly this code; None when there is none."""

    async def rows(self, path: str, key: str) -> list[Mapping[str, Any]]:
        """Every row of a list, over all its pages."""

    async def newest(self, kind: str, after: int, day: date) -> list[Mapping[str, Any]]:
        """Documents of a kind with a higher id, of a date where lists can be asked for it; shown some seconds late."""

    async def taken(self, made: Iterable[str]) -> set[str]:
        """Which of these documents or receipts other calls of ours are known to have made."""

    @property
    def over(self) -> bool:
        """Whether the request cannot still be under way at the other side: what reads as before stays so."""

    @property
    def settled(self) -> bool:
        """Whether, besides, so much time has passed that a list shows whatever there is."""


class Operation(Call, Generic[Result]):
    """An operation of InvoiceXpress (or of ours), as data: see the class docstring of each for what it does."""

    spec: ClassVar[Spec]
    to_check: ClassVar[str] = ""
    """Where nothing can be looked at: what a person checks instead. Such a call is never looked at by itself."""

    @model_validator(mode="after")
    def _by_name_or_by_id(self) -> Self:
        for name, mark in names_in(type(self)).items():
            given = [one for one in (name, mark.into) if one and getattr(self, one) is not None]
            if len(given) > 1:
                raise ValueError(f"{name}: give {name} or {mark.into}, not both")
            if mark.into and not given and self.goes_by(mark.into):
                raise ValueError(f"{mark.into}: give {mark.into} or {name}")
        return self

    @classmethod
    def goes_by(cls, field: str) -> bool:
        """Whether the call's route needs that field."""
        return cls.spec.route is not None and f"{{{field}}}" in cls.spec.route.path

    def about(self) -> tuple[str, int] | None:
        """The type and id of the document the call is about, if it is about one."""
        kind, number = getattr(self, "document_type", None), getattr(self, "document_id", None)
        return (kind, number) if kind and number else None

    def regarding(self, result: Result | None = None) -> Subject | None:
        """The thing the call is about, if it is no document; once created, with the id that the result brought."""
        return None

    def changes(self, facts: Facts) -> Iterable[str]:
        """What the call changes besides its document, as claims name it: `client/501`, `series/70000`."""
        return ()

    def completed(self, facts: Facts) -> Self:
        """The call with what it left to the account filled in (an update is a full replacement on the wire)."""
        return self

    def preview(self, facts: Facts) -> Preview:
        """What a person approves; every gated operation says it."""
        raise TypeError(f"{type(self).__name__} is gated and has no preview")

    def expected(self, facts: Facts) -> Expected | None:
        """What must read back after this call; None where there is nothing to compare."""
        return None

    def fields_it_sets(self) -> frozenset[str] | None:
        """What of its document the call itself changes: all else must stay. None where that is not compared."""
        return None

    def stamped(self, uid: str) -> Self:
        """The call under a unique id of ours, where InvoiceXpress keeps the same id from being used twice."""
        return self

    def trace(self, facts: Facts) -> dict[str, Any]:
        """What will tell, after a crash, whether this happened: ids and states, no texts."""
        about = self.about()
        return {"subject": f"{about[0]}/{about[1]}"} if about else {}

    @classmethod
    async def happened(cls, trace: Mapping[str, Any], witness: Witness) -> Evidence:
        """Nothing can be looked at: it stays unknown, and is never sent again by itself."""
        return Evidence(Happened.UNKNOWN)

    def goes_through(self) -> tuple[str, ...]:
        """The operations that this call is made of and cannot do without: where one may not be used, none is begun with."""
        return ()

    async def carried_out(self, sending: Sending) -> Result:
        """Send and read the answer."""
        return self.read(await sending.send(self), sending.facts)

    def read(self, content: Any, facts: Facts) -> Result:
        """Make the record of an answer, already out of its envelope."""
        result: Result = self.result_type().model_validate(content)  # type: ignore[assignment]
        return result

    def complete_result(self, result: Result, facts: Facts) -> Result:
        """The result with what is known besides what InvoiceXpress answered."""
        return result

    def next_steps(self, result: Result) -> Iterable[Step]:
        """What one would sensibly do next."""
        return ()

    def undo(self, result: Result, facts: Facts) -> Correction | None:
        """What would correct this result; every call that leaves something which cannot simply be changed says it."""
        return None

    def company(self, result: Result) -> tuple[str, Company] | None:
        """The company whose account this is, where the result tells it, with what tells it: `saft`, or `account/ID`."""
        return None

    def __class_getitem__(cls, result: Any) -> Any:
        """`Operation[Document]` only names the result. Pydantic would make a model of each, which costs every start."""
        return GenericAlias(cls, (result,))

    @classmethod
    def result_type(cls) -> type[BaseModel]:
        """The record named in `Operation[...]`, the one piece of reflection here; tested over the catalogue."""
        for one in cls.__mro__:
            for base in one.__dict__.get("__orig_bases__", ()):
                if get_origin(base) is Operation:
                    found = get_args(base)[0]
                    if isinstance(found, type) and issubclass(found, BaseModel):
                        return found
        raise TypeError(f"{cls.__name__} does not say what it returns: Operation[...]")
