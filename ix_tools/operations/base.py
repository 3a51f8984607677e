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
from ix_tools.operations.expectations import Correction, ExpectedState, Step, Subject
from ix_tools.operations.preview import Preview
from ix_tools.operations.probes import Outcome, Probe, ProbeResult
from ix_tools.operations.spec import Spec, find_name_fields

Result = TypeVar("Result", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class BundledApproval:
    """One yes for several calls of a recipe: asked before the first, with all of them shown; each then goes through once.

    What is asked is bound to the recipe's own call, so that it is the recipe that is repeated after the answer.
    """

    workflow: "Operation[Any]"
    covered_calls: tuple["Operation[Any]", ...] = ()
    """Calls about the same document that the yes covers besides; `Approvals` keeps a single use of each."""
    warnings: tuple[Finding, ...] = ()
    """What the recipe found that the person should know."""
    differences: tuple[Difference, ...] = ()
    """How the document differs from what the recipe was asked to make."""
    step_key: str = ""
    """The idempotency key of this step: of a kind of its own in the journal, so that no caller can take it first."""


class OperationContext(Protocol):
    """What the road lends to an operation while it is carried out."""

    @property
    def facts(self) -> Facts:
        """What was looked up for this call."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments as the caller wrote them; for operations without a route."""

    async def send(self, call: "Operation[Any]") -> Any:
        """Send the call as its route says; the answer comes back without its envelope."""

    async def run_operation(
        self, name: str, arguments: Mapping[str, Any], covering: BundledApproval | None = None
    ) -> dict[str, Any]:
        """Carry out another operation on the same road, with its own guards and gate; for operations without a route.

        The caller's answer to an approval goes along, and a question that a person must answer comes out as the
        question of the whole call. Where nobody can be asked, the result has status approval_required.
        """

    def search_operations(self, text: str) -> list[dict[str, Any]]:
        """The operations that the words of a text mean, best first, of those that the settings offer."""

    def describe_operation(self, name: str) -> dict[str, Any]:
        """An operation as its caller must know it; refused like the call itself where the settings do not offer it."""

    async def load_document_facts(self, call: "Operation[Any]", document: Any) -> Facts:
        """What is known of a document besides what was read: from the journal, and of what a note corrects."""

    async def list_open_intents(self) -> list[dict[str, str]]:
        """Calls of which the journal does not know whether they were carried out: id, operation, subject."""

    async def download(self, url: str) -> bytes | None:
        """Fetch a file from an allowed host; None when the host is not allowed."""

    async def save_file(self, content: bytes, name: str) -> str:
        """Write a file into the folder for documents; its path."""

    async def notify_progress(self, done: float, total: float, message: str) -> None:
        """Tell whoever waits how far it is."""

    async def list_all(self, path: str, key: str) -> tuple[list[dict[str, Any]], int]:
        """Every row of a list, as far as the setting lets pages be read, and how many rows that leaves out."""

    async def wait_before_retry(self, attempt: int) -> bool:
        """Wait before asking again; False when the patience set for this is used up."""


class Operation(Call, Generic[Result]):
    """An operation of InvoiceXpress (or of ours), as data: see the class docstring of each for what it does."""

    spec: ClassVar[Spec]
    manual_check: ClassVar[str] = ""
    """Where nothing can be looked at: what a person checks instead. Such a call is never looked at by itself."""

    @model_validator(mode="after")
    def _by_name_or_by_id(self) -> Self:
        for name, mark in find_name_fields(type(self)).items():
            given = [one for one in (name, mark.id_field) if one and getattr(self, one) is not None]
            if len(given) > 1:
                raise ValueError(f"{name}: give {name} or {mark.id_field}, not both")
            if mark.id_field and not given and self.needs_path_field(mark.id_field):
                raise ValueError(f"{mark.id_field}: give {mark.id_field} or {name}")
        return self

    @classmethod
    def needs_path_field(cls, field: str) -> bool:
        """Whether the call's route needs that field."""
        return cls.spec.route is not None and f"{{{field}}}" in cls.spec.route.path

    def document_ref(self) -> tuple[str, int] | None:
        """The type and id of the document the call is about, if it is about one."""
        kind, number = getattr(self, "document_type", None), getattr(self, "document_id", None)
        return (kind, number) if kind and number else None

    def subject_ref(self, result: Result | None = None) -> Subject | None:
        """The thing the call is about, if it is no document; once created, with the id that the result brought."""
        return None

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """What the call changes besides its document, as claims name it: `client/501`, `series/70000`."""
        return ()

    def fill_defaults(self, facts: Facts) -> Self:
        """The call with what it left to the account filled in (an update is a full replacement on the wire)."""
        return self

    def build_preview(self, facts: Facts) -> Preview:
        """What a person approves; every gated operation says it."""
        raise TypeError(f"{type(self).__name__} is gated and has no preview")

    def predict_state(self, facts: Facts) -> ExpectedState | None:
        """What must read back after this call; None where there is nothing to compare."""
        return None

    def list_written_fields(self) -> frozenset[str] | None:
        """What of its document the call itself changes: all else must stay. None where that is not compared."""
        return None

    def with_uid(self, uid: str) -> Self:
        """The call under a unique id of ours, where InvoiceXpress keeps the same id from being used twice."""
        return self

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """What will tell, after a crash, whether this happened: ids and states, no texts."""
        about = self.document_ref()
        return {"subject": f"{about[0]}/{about[1]}"} if about else {}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], witness: Probe) -> ProbeResult:
        """Nothing can be looked at: it stays unknown, and is never sent again by itself."""
        return ProbeResult(Outcome.UNKNOWN)

    def list_required_operations(self) -> tuple[str, ...]:
        """The operations that this call is made of and cannot do without: where one may not be used, none is begun with."""
        return ()

    async def execute(self, sending: OperationContext) -> Result:
        """Send and read the answer."""
        return self.parse_response(await sending.send(self), sending.facts)

    def parse_response(self, content: Any, facts: Facts) -> Result:
        """Make the record of an answer, already out of its envelope."""
        result: Result = self.result_type().model_validate(content)  # type: ignore[assignment]
        return result

    def complete_result(self, result: Result, facts: Facts) -> Result:
        """The result with what is known besides what InvoiceXpress answered."""
        return result

    def next_steps(self, result: Result) -> Iterable[Step]:
        """What one would sensibly do next."""
        return ()

    def plan_correction(self, result: Result, facts: Facts) -> Correction | None:
        """What would correct this result; every call that leaves something which cannot simply be changed says it."""
        return None

    def identify_company(self, result: Result) -> tuple[str, Company] | None:
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
