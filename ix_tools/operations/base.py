"""The base class of operations: its fields are the parameters, its `spec` says where the call goes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import GenericAlias
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, model_validator

from ix_tools.domain.comparison import Difference
from ix_tools.domain.records import Company
from ix_tools.domain.types import Call
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.operations.expectations import Correction, Expected, Step, Subject
from ix_tools.operations.preview import Preview
from ix_tools.operations.probes import Evidence, Happened, Witness
from ix_tools.operations.spec import Spec, names_in

Result = TypeVar("Result", bound=BaseModel)


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
