"""The conversation: sentences and presses of people become calls, decisions and answers."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import anyio

from ix_tools.approvals.models import CallOrigin
from ix_tools.errors import IxError
from ix_tools.i18n.messages import Message, message, render
from ix_tools.interfaces.chat import calls
from ix_tools.interfaces.chat.calls import PlannedCall
from ix_tools.interfaces.chat.conversation import answers, questions
from ix_tools.interfaces.chat.conversation.approval_commands import ApprovalCommands
from ix_tools.interfaces.chat.conversation.card_posts import CardPosts
from ix_tools.interfaces.chat.conversation.cards import (
    ANSWER,
    APPROVE,
    APPROVE_DIFFERENCES,
    CONFIRM,
    CORRECT,
    LINK,
    REJECT,
)
from ix_tools.interfaces.chat.conversation.command_context import CommandContext
from ix_tools.interfaces.chat.conversation.forms import build_form, fits_form, write_form_sentence
from ix_tools.interfaces.chat.conversation.people import ChatAskers, People
from ix_tools.interfaces.chat.conversation.questions import Question
from ix_tools.interfaces.chat.conversation.shapes import (
    Adapter,
    Button,
    IncomingCommand,
    IncomingPress,
    ReplyPlace,
)
from ix_tools.interfaces.chat.words.commands import (
    ApproveCommand,
    Client,
    Command,
    CreditCommand,
    DocumentCommand,
    DraftCommand,
    HelpCommand,
    PayCommand,
    PdfCommand,
    PendingCommand,
    RejectCommand,
    StateCommand,
    UnpaidCommand,
)
from ix_tools.interfaces.chat.words.faults import AmbiguousNumber, Contradiction, NotUnderstood
from ix_tools.interfaces.chat.words.help import write_help
from ix_tools.interfaces.chat.words.parsing import parse
from ix_tools.interfaces.chat.words.sentences import write_sentence
from ix_tools.pipeline.execute import ApprovalRequired, Completed, ParkingTerms, execute
from ix_tools.pipeline.pdf_content import fetch_pdf
from ix_tools.storage.chat_messages import ChatRepository, StoredQuestion
from ix_tools.text.sanitize import sanitize_line

log = logging.getLogger(__name__)

MAX_RUNNING = 4
"""Commands that one process carries out at once; the others wait, acknowledged."""
FACE = "chat"


class ChatService:
    """The chat of one platform and account."""

    def __init__(
        self,
        adapter: Adapter,
        askers: ChatAskers,
        people: People,
        repository: ChatRepository,
        posts: CardPosts,
    ) -> None:
        """Keep the parts."""
        self._adapter = adapter
        self._askers = askers
        self._people = people
        self._repository = repository
        self._posts = posts
        self._settings = posts.settings
        self._approvals = ApprovalCommands(adapter, posts)
        self._limiter = anyio.CapacityLimiter(MAX_RUNNING)

    # --- what comes in ---

    async def receive(self, command: IncomingCommand) -> None:
        """Carry out a sentence; it is always answered, also after an error."""
        async with self._limiter:
            identity = self._people.identify(command.place.user)
            key = f"{FACE}-{sha256(f'{identity} {command.key}'.encode()).hexdigest()[:32]}"
            await self._answer_safely(
                command.place,
                identity,
                lambda person: self._read(command.place, identity, person, command.text, key),
            )

    async def submit(self, place: ReplyPlace, values: Mapping[str, str], kept: str, key: str) -> None:
        """Carry out a form."""
        await self.receive(IncomingCommand(place, write_form_sentence(values, kept), key))

    async def press(self, press: IncomingPress) -> None:
        """Carry out the press of a button; it is always answered, also after an error."""
        async with self._limiter:
            identity = self._people.identify(press.place.user)
            await self._answer_safely(
                press.place, identity, lambda person: self._press(press, identity, person)
            )

    async def _answer_safely(self, place: ReplyPlace, identity: str, act: Any) -> None:
        language = self._settings.language
        try:
            person = await self._people.find_person(identity)
            if person is None:
                await self._adapter.tell(place, answers.explain_unknown(identity, language))
                return
            await act(person)
        except IxError as failure:
            await self._adapter.tell(place, failure.format_for_person(language))
        except Exception:
            log.exception("a message of %s could not be answered", self._adapter.platform)
            said = message(
                "Something went wrong here. See what happened with pending, then repeat it: nothing is done twice."
            )
            await self._adapter.tell(place, render(said, language))

    async def _read(self, place: ReplyPlace, identity: str, person: str, text: str, key: str) -> None:
        context = self._askers.open_for(person, identity)
        asked = CommandContext(person, identity, place, key, self._settings.language, context)
        try:
            command = parse(text, self._settings.language)
        except (NotUnderstood, Contradiction) as refusal:
            await self._tell(replace(asked, language=refusal.language or asked.language), refusal.explain())
            return
        except AmbiguousNumber as unclear:
            await self._ask(
                replace(asked, language=unclear.language or asked.language),
                questions.ask_about_number(unclear),
            )
            return
        await self._run(replace(asked, language=command.language), command)

    # --- commands ---

    async def _run(self, asked: CommandContext, command: Command) -> None:
        missing = questions.find_missing(command)
        if missing is not None:
            await self._ask(asked, missing, command)
            return
        try:
            match command:
                case DocumentCommand():
                    await self._run_document(asked, command)
                case CreditCommand():
                    await self._run_credit(asked, command)
                case PayCommand(amount=None):
                    await self._ask_amount(asked, command)
                case StateCommand() | UnpaidCommand():
                    await self._run_reading(asked, command)
                case PdfCommand():
                    await self._send_pdf(asked, command)
                case HelpCommand() | PendingCommand() | ApproveCommand() | RejectCommand():
                    await self._run_own(asked, command)
                case _:
                    await self._write(asked, calls.WRITES[type(command)](command, asked.key))
        except IxError as failure:
            await self._ask(asked, questions.ask_about_refusal(command, failure), command)

    async def _run_own(self, asked: CommandContext, command: Command) -> None:
        """Carry out a command that is about the chat's own cards."""
        if isinstance(command, HelpCommand):
            await self._adapter.tell(asked.place, write_help(command.topic, asked.language))
        elif isinstance(command, PendingCommand):
            await self._approvals.list_waiting(asked)
        elif isinstance(command, ApproveCommand):
            await self._approvals.show(asked, command.approval)
        elif isinstance(command, RejectCommand):
            found = await self._approvals.find(asked.context, command.approval)
            await self._approvals.decide(asked, found, approve=False, reason=command.reason)

    async def _run_document(self, asked: CommandContext, command: DocumentCommand) -> None:
        command = await self._resolve_client(asked, command)
        untaxed = await self._find_untaxed(asked, command)
        if untaxed is not None:
            taxes = (await self._read_call(asked, calls.LIST_TAXES)).get("taxes", ())
            await self._ask(asked, questions.ask_about_tax(command, untaxed, taxes), command)
            return
        if command.sends and not command.email and not (command.is_draft or command.is_estimate):
            address = await self._find_address(asked, command.client)
            if not address:
                await self._ask(asked, questions.ask_for_address(command), command)
                return
            command = replace(command, email=address)
        await self._write(asked, calls.plan_document(command, asked.key), command)

    async def _resolve_client(self, asked: CommandContext, command: DocumentCommand) -> DocumentCommand:
        """Return the command with a client whose code was written as a name, as people do; any other doubt is the pipeline's."""
        name = command.client.name
        if not name or command.client.nif or command.client.code:
            return command
        try:
            await self._read_call(asked, calls.find_client(Client(name=name)))
        except IxError as failure:
            same = [one for one in failure.details.get("candidates", ()) if one.get("code") == name]
            if len(same) == 1:
                return replace(command, client=Client(code=name))
        return command

    async def _find_untaxed(self, asked: CommandContext, command: DocumentCommand) -> int | None:
        """Return the first line without a tax that no catalogue item has either."""
        for at, line in enumerate(command.lines):
            if line.tax is None:
                try:
                    found = (await self._read_call(asked, calls.find_item(line.name))).get("item") or {}
                except IxError:
                    return at
                if found.get("name") != line.name or not found.get("tax"):
                    return at
        return None

    async def _find_address(self, asked: CommandContext, client: Client) -> str:
        if not client:
            return ""
        try:
            found = await self._read_call(asked, calls.find_client(client))
        except IxError:
            return ""
        return str((found.get("client") or {}).get("email") or "")

    async def _run_credit(self, asked: CommandContext, command: CreditCommand) -> None:
        """Draft the credit note, then ask for it to be issued."""
        advice = await self._read_call(asked, calls.plan_credit(command, f"{asked.key}-note"))
        note = advice.get("document")
        if not note:
            await self._adapter.tell(asked.place, answers.describe_result(advice, asked.language))
            return
        await self._write(asked, calls.plan_finalizing(note, asked.key), document=note)

    async def _ask_amount(self, asked: CommandContext, command: PayCommand) -> None:
        read = await self._read_call(asked, calls.plan_reading(command.document))
        await self._ask(
            asked, questions.ask_about_amount(command, read["document"], read.get("to_pay")), command
        )

    async def _run_reading(self, asked: CommandContext, command: StateCommand | UnpaidCommand) -> None:
        if command.client:
            try:
                found = await self._read_call(asked, calls.find_client(Client(name=command.client)))
                command = replace(command, client=str(found["client"]["name"]))
            except IxError as failure:
                same = [
                    one for one in failure.details.get("candidates", ()) if one.get("code") == command.client
                ]
                if len(same) != 1:
                    raise
                command = replace(command, client=str(same[0]["name"]))
        body = await self._read_call(asked, calls.READS[type(command)](command))
        shown = answers.describe_list if "invoices" in body else answers.describe_result
        await self._adapter.tell(asked.place, shown(body, asked.language))

    async def _send_pdf(self, asked: CommandContext, command: PdfCommand) -> None:
        read = await self._read_call(asked, calls.plan_reading(command.document))
        content, _ = await fetch_pdf(asked.context, read["document"]["id"], face=FACE)
        name = f"{command.document.replace('/', '-').replace(' ', '-')}.pdf"
        text = answers.describe_document(read["document"], asked.language)
        await self._adapter.send_file(asked.place, name, content, text)

    # --- calls ---

    async def _read_call(self, asked: CommandContext, call: PlannedCall) -> dict[str, Any]:
        """Carry out a call that needs no approval."""
        outcome = await execute(asked.context, call.operation, call.arguments, origin=self._origin())
        return outcome.body

    async def _write(
        self,
        asked: CommandContext,
        call: PlannedCall,
        command: DocumentCommand | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        """Carry out a call; a card asks for its approval, after which it is carried out by itself."""
        terms = ParkingTerms(f"chat:{asked.identity}", self._askers.account)
        outcome = await execute(
            asked.context, call.operation, call.arguments, origin=self._origin(), when_approved=terms
        )
        if isinstance(outcome, Completed):
            await self._tell_result(asked, outcome, command)
            return
        afterwards = _write_afterwards(asked, document or outcome.body.get("document"), command)
        await self._ask_for_approval(asked, outcome, afterwards)

    def _origin(self) -> CallOrigin:
        return CallOrigin(FACE, self._adapter.platform)

    async def _tell_result(
        self, asked: CommandContext, outcome: Completed, command: DocumentCommand | None
    ) -> None:
        text = answers.describe_result(outcome.body, asked.language)
        document = outcome.body.get("document") or {}
        buttons: tuple[Button, ...] = ()
        if command is not None and command.is_draft and document.get("status") == "draft":
            draft = DraftCommand(asked.language, "finalize", document["document_type"], int(document["id"]))
            deletion = replace(draft, action="delete")
            sentences = [write_sentence(draft), write_sentence(deletion)]
            labels = (message("Issue it"), message("Delete the draft"))
            buttons = await self._build_answers(asked, tuple(zip(labels, sentences, strict=True)), "-draft")
        await self._adapter.tell(asked.place, text, buttons)

    async def _ask_for_approval(
        self, asked: CommandContext, required: ApprovalRequired, afterwards: str
    ) -> None:
        approval = required.approval
        is_new = await self._posts.post(approval, asked.identity, asked.place, asked.language, afterwards)
        said = (
            message(
                "{summary}: a person approves it first. Nothing was issued.",
                summary=sanitize_line(approval.summary),
            )
            if is_new
            else message("{id} waits for an approval already.", id=approval.id)
        )
        await self._tell(asked, said)

    # --- questions ---

    async def _ask(self, asked: CommandContext, question: Question, command: Command | None = None) -> None:
        if question.needs_form and isinstance(command, DocumentCommand) and fits_form(command):
            form = build_form(command)
            if await self._adapter.open_form(asked.place, form):
                return
        pairs = tuple((one.label, one.sentence) for one in question.choices)
        buttons = await self._build_answers(asked, pairs)
        await self._adapter.tell(asked.place, render(question.text, asked.language), buttons)

    async def _build_answers(
        self, asked: CommandContext, pairs: Sequence[tuple[Message, str]], suffix: str = ""
    ) -> tuple[Button, ...]:
        """Store a question, and return its buttons. Because of its key only one of them counts, however often they are pressed."""
        if not pairs:
            return ()
        sentences = [sentence for _, sentence in pairs]
        identifier = await anyio.to_thread.run_sync(
            self._repository.ask, asked.identity, f"{asked.key}{suffix}", sentences
        )
        return tuple(
            Button(render(label, asked.language), f"{ANSWER}:{identifier}:{at}")
            for at, (label, _) in enumerate(pairs)
        )

    async def _tell(self, asked: CommandContext, said: Message) -> None:
        await self._adapter.tell(asked.place, render(said, asked.language))

    # --- presses and decisions ---

    async def _press(self, press: IncomingPress, identity: str, person: str) -> None:
        kind, _, rest = press.value.removeprefix(f"{CONFIRM}:").partition(":")
        context = self._askers.open_for(person, identity)
        asked = CommandContext(person, identity, press.place, press.key, self._settings.language, context)
        if kind in {ANSWER, CORRECT}:
            question, sentence = await self._find_sentence(asked, rest)
            if kind == CORRECT and sentence:
                await self._correct(asked, sentence)
            elif question is not None and sentence:
                await self._read(asked.place, asked.identity, asked.person, sentence, question.key)
            return
        found = await self._approvals.find(context, rest)
        if kind == LINK:
            await self._approvals.send_link(asked, found)
        elif press.value.startswith(f"{CONFIRM}:"):
            await self._approvals.confirm(asked, found, press.value.removeprefix(f"{CONFIRM}:"))
        elif kind in {APPROVE, APPROVE_DIFFERENCES, REJECT}:
            await self._approvals.decide(
                asked, found, approve=kind != REJECT, accept_differences=kind == APPROVE_DIFFERENCES
            )

    async def _find_sentence(self, asked: CommandContext, value: str) -> tuple[StoredQuestion | None, str]:
        """Return the sentence of a button with its question; tell why if there is none for this person."""
        identifier, _, number = value.partition(":")
        question = await anyio.to_thread.run_sync(self._repository.find_question, identifier)
        if question is None or not number.isdecimal() or int(number) >= len(question.sentences):
            await self._tell(asked, message("This question is over. Write the command again."))
        elif question.asker != asked.identity:
            await self._tell(asked, message("This question is for whoever wrote the command."))
        else:
            return question, question.sentences[int(number)]
        return None, ""

    async def _correct(self, asked: CommandContext, sentence: str) -> None:
        """Open the form of a document command, filled in; without a form, return the sentence to be changed."""
        command = parse(sentence, asked.language)
        is_opened = (
            isinstance(command, DocumentCommand)
            and fits_form(command)
            and await self._adapter.open_form(asked.place, build_form(command))
        )
        if is_opened:
            return
        await self._tell(asked, message("Change this and send it:"))
        await self._adapter.tell(asked.place, sentence)


def _write_afterwards(
    asked: CommandContext, document: Mapping[str, Any] | None, command: DocumentCommand | None
) -> str:
    """Return the sentences to offer after a rejection, one in a line: the command to correct, then the draft's deletion."""
    if not document or document.get("status") != "draft":
        return ""
    kind, number = document["document_type"], int(document["id"])
    deletion = write_sentence(DraftCommand(asked.language, "delete", kind, number))
    if command is None:
        return deletion
    # What was accepted was so for the lines as they were.
    again = write_sentence(replace(command, accepted=()))
    return "\n".join([" ".join(again.splitlines()), deletion])
