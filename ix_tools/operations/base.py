"""Base class of operations: fields are the parameters, `spec` describes route, effect and rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import GenericAlias
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, model_validator

from ix_tools.domain.comparison import Difference
from ix_tools.domain.records import Company, Document
from ix_tools.domain.types import Call
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.i18n.messages import NO_MESSAGE, Message, message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.expectations import Correction, ExpectedState, Step, Subject
from ix_tools.operations.preview import Preview
from ix_tools.operations.probes import Outcome, Probe, ProbeResult
from ix_tools.operations.protocols import HasDocumentId, get_document_type
from ix_tools.operations.spec import Spec, find_name_fields

Result = TypeVar("Result", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class BundledApproval:
    """One approval for several calls of a workflow: requested before the first, shown with all of them, used once by each.

    The approval is bound to the workflow's own call, so that the workflow is repeated after the decision.
    """

    workflow: "Operation[Any]"
    covered_calls: tuple["Operation[Any]", ...] = ()
    """Further calls about the same document that the approval covers; each may use it once."""
    warnings: tuple[Finding, ...] = ()
    """Warnings of the workflow that the approver should read."""
    differences: tuple[Difference, ...] = ()
    """Differences between the document and the one that the workflow was asked to make."""
    step_key: str = ""
    """Idempotency key of this step. The journal keeps such keys apart, so that no caller can take one first."""


class StepPending(Exception):
    """A person must approve a step of a workflow first."""

    def __init__(self, response: Mapping[str, Any]) -> None:
        """`response`: what the step's caller is told, as JSON."""
        super().__init__("a person must approve this step first")
        self.response = response


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What is to be done with a batch: start one from a file, carry one on, or delete the drafts of one."""

    batch: str = ""
    """Id of a batch that exists; empty for that of a file."""
    content: bytes = b""
    name: str = ""
    """Name of the file."""
    asks_again: bool = False
    """A batch that was rejected, expired or stopped goes on."""
    discards: bool = False
    """Its drafts are deleted, with one approval."""


class OperationContext(Protocol):
    """Services of the pipeline for an operation that is being executed."""

    @property
    def facts(self) -> Facts:
        """Facts looked up for this call."""
        ...

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Arguments as the caller wrote them; for operations without a route."""
        ...

    async def send(self, call: "Operation[Any]") -> Any:
        """Send the call by its route and return the answer without its envelope."""
        ...

    async def run_operation(
        self,
        name: str,
        arguments: Mapping[str, Any],
        bundle: BundledApproval | None = None,
        *,
        takes_seen_drafts: bool = False,
    ) -> dict[str, Any]:
        """Run another operation through the whole pipeline, with its own guards and approval; for operations without a route.

        The caller's answer to an approval is passed on.

        Args:
            takes_seen_drafts: A draft that was read back lately is not read again, because the workflow sends something
                irreversible about it, and the fresh read then confirms it.

        Raises:
            StepPending: A person must approve it first. A workflow may catch it to tell of the steps done so far; the whole call
                then waits for that approval.
        """
        ...

    def recall_draft(self, document_id: int | None) -> Mapping[str, Any] | None:
        """Return a draft as it was read back lately, or None if it must be read."""
        ...

    def search_operations(self, text: str) -> dict[str, Any]:
        """Return the operations that match a text, best first, among those that the settings allow, as fields of the result."""
        ...

    def describe_operation(self, name: str, parameter: str = "") -> dict[str, Any]:
        """Return what a caller must know of an operation, or everything about one parameter.

        Raises:
            SettingsError: The settings do not allow the operation.
        """
        ...

    async def carry_batch(self, request: BatchRequest) -> dict[str, Any]:
        """Start a batch or carry it on, as far as it goes within the time of one call; return its state.

        Raises:
            StepPending: A person must approve it first.
            IxError: The file is refused, or the batch is not this caller's.
        """
        ...

    async def describe_batch(self, batch: str) -> dict[str, Any]:
        """Return the state of a batch of this caller.

        Raises:
            IxError: There is none with that id.
        """
        ...

    async def load_document_facts(self, call: "Operation[Any]", document: Any) -> Facts:
        """Return facts about a document that was read: its unreturned fields from the journal, and what a note corrects."""
        ...

    def list_step_warnings(self, name: str) -> tuple[Finding, ...]:
        """Return the warnings of the workflow's last call of an operation; none if it was a replay."""
        ...

    async def list_related(self, document_ids: Sequence[int]) -> Mapping[int, tuple[Document, ...] | None]:
        """Return the documents related to each of several ones, one request each; None where InvoiceXpress does not say."""
        ...

    async def list_open_intents(self) -> list[dict[str, str]]:
        """Return calls whose outcome the journal does not know: id, operation, subject."""
        ...

    async def download(self, url: str) -> bytes | None:
        """Fetch a file; None if its host is not allowed or does not have it."""
        ...

    async def save_file(self, content: bytes, name: str) -> str:
        """Write a file into the folder for documents and return its path."""
        ...

    async def notify_progress(self, done: float, total: float, text: Message) -> None:
        """Report progress to the caller, in the person's language."""

    async def list_all(self, path: str, key: str) -> tuple[list[dict[str, Any]], int]:
        """Return the rows of a list, up to the setting catalogue_pages, and the number of rows left unread."""
        ...

    async def wait_before_retry(self, attempt: int) -> bool:
        """Wait before the next attempt; False if no attempt is left."""
        ...


class Operation(Call, Generic[Result]):
    """Operation of InvoiceXpress, or workflow of ix-tools, as data; each class docstring is the tool's description."""

    spec: ClassVar[Spec]
    manual_check: ClassVar[Message] = NO_MESSAGE
    """Advice for a person who settles a lost call that no probe can detect; empty if a probe can."""

    @model_validator(mode="after")
    def _by_name_or_by_id(self) -> Self:
        for name, mark in find_name_fields(type(self)).items():
            given = [one for one in (name, mark.id_field) if one and getattr(self, one) is not None]
            if len(given) > 1:
                raise InvalidValue(
                    message("give {name} or {id_field}, not both", name=name, id_field=mark.id_field), name
                )
            if mark.id_field and not given and self.needs_path_field(mark.id_field):
                raise InvalidValue(
                    message("give {id_field} or {name}", id_field=mark.id_field, name=name), mark.id_field
                )
        return self

    @classmethod
    def needs_path_field(cls, field: str) -> bool:
        """Return True if the route has that field as a path parameter."""
        return cls.spec.route is not None and f"{{{field}}}" in cls.spec.route.path

    def document_ref(self) -> tuple[str, int] | None:
        """Return type and id of the document that the call is about; None if it is not about one."""
        kind, number = get_document_type(self), self.document_id if isinstance(self, HasDocumentId) else None
        return (kind, number) if kind and number else None

    def subject_ref(self, result: Result | None = None) -> Subject | None:
        """Return the resource, other than a document, that the call is about; a created one by the id in the result."""
        return None

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the names of resources that the call changes besides its document: `client/501`, `series/70000`."""
        return ()

    def fill_defaults(self, facts: Facts) -> Self:
        """Return the call with omitted fields filled in: the account's defaults, or on updates the stored values."""
        return self

    def build_preview(self, facts: Facts) -> Preview:
        """Return the content of the approval; every operation that needs one implements this."""
        raise TypeError(f"{type(self).__name__} needs an approval and has no preview")

    def predict_state(self, facts: Facts) -> ExpectedState | None:
        """Return the expected state after the write; None if there is nothing to compare."""
        return None

    def list_written_fields(self) -> frozenset[str] | None:
        """Return the fields of the document that the call sets; all others must stay. None if that is not compared."""
        return None

    def with_uid(self, uid: str) -> Self:
        """Return the call with a unique id by which InvoiceXpress rejects duplicates, if the operation has one."""
        return self

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Return the data for detecting the outcome after a crash: ids, states and hashes, no texts."""
        about = self.document_ref()
        return {"subject": f"{about[0]}/{about[1]}"} if about else {}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Report unknown: by default nothing can be looked up, and the call is never sent again unasked."""
        return ProbeResult(Outcome.UNKNOWN)

    def list_required_operations(self) -> tuple[str, ...]:
        """Return the operations that a workflow needs; it refuses to start if any of them is not permitted."""
        return ()

    async def execute(self, context: OperationContext) -> Result:
        """Send the call and parse the answer."""
        return self.parse_response(await context.send(self), context.facts)

    def parse_response(self, content: Any, facts: Facts) -> Result:
        """Return the record of an answer, whose envelope was removed."""
        result: Result = self.result_type().model_validate(content)  # type: ignore[assignment]
        return result

    def complete_result(self, result: Result, facts: Facts) -> Result:
        """Return the result completed from the facts."""
        return result

    def next_steps(self, result: Result) -> Iterable[Step]:
        """Suggest the next calls."""
        return ()

    def plan_correction(self, result: Result, facts: Facts) -> Correction | None:
        """Return the plan that would correct the result; every write that cannot simply be changed again has one."""
        return None

    def identify_company(self, result: Result) -> tuple[str, Company] | None:
        """Return the company that the result names and the source of its name (`saft` or `account/ID`); None if it names none."""
        return None

    def __class_getitem__(cls, result: Any) -> Any:
        """Return an alias that only names the result type. Pydantic would build a model for each, which slows every start."""
        return GenericAlias(cls, (result,))

    @classmethod
    def result_type(cls) -> type[BaseModel]:
        """Return the record type named in `Operation[...]`."""
        for one in cls.__mro__:
            for base in one.__dict__.get("__orig_bases__", ()):
                if get_origin(base) is Operation:
                    found = get_args(base)[0]
                    if isinstance(found, type) and issubclass(found, BaseModel):
                        return found
        raise TypeError(f"{cls.__name__} does not name its result: derive it from Operation[...]")
