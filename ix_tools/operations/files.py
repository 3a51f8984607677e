"""Operations that deliver a document: e-mail, PDF, QR code."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from ix_tools.domain import resource_names
from ix_tools.domain.document_ids import DocumentId
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import DocumentType, Email, OneLine, Record
from ix_tools.domain.web_address import is_web_address
from ix_tools.errors import Rejected, Unreadable
from ix_tools.guards import electronic_invoices, states, texts
from ix_tools.guards.facts import Facts, Want
from ix_tools.i18n.messages import Message, message
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.document_context import add_payments, find_state
from ix_tools.operations.drafts import LOCAL_ONLY, IdempotentCall
from ix_tools.operations.expectations import Correction, Step
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Outcome, Probe, ProbeResult
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec, WirePath

_FILE_NAME = re.compile(r"[A-Z]{2}-[A-Za-z0-9][A-Za-z0-9._-]{0,80}-[0-9]{1,12}\.pdf")
HTTP_NOT_ACCEPTABLE = 406


class EmailResult(Record):
    """E-mail that InvoiceXpress accepted. It never reports whether it arrived."""

    summary_fields = frozenset({"to", "subject"})

    document_type: str
    document_id: int
    to: str
    cc: str | None = None
    bcc: str | None = None
    subject: str | None = None


class SendEmail(IdempotentCall, Operation[EmailResult]):
    """E-mail an issued document; a person approves the recipient.

    Source: API v2 documentation, Invoices, Send by Email; OpenAPI sendInvoiceEmail, sendEstimateEmail, sendGuideEmail.
    """

    manual_check = message("ask the recipient, or look in InvoiceXpress")

    document_type: DocumentType
    """Kind of the document, as lists and results show it."""
    document_id: DocumentId
    """Id or number of the document, e.g. 1001 or FT 17/2026."""
    email: Annotated[Email, WirePath("message.client.email")]
    """E-mail address of the recipient, e.g. ana@example.pt."""
    save: Annotated[bool, WirePath("message.client.save")] = False
    """True stores the address as the client's; default false."""
    subject: Annotated[OneLine | None, WirePath("message.subject")] = None
    """Subject line of the e-mail."""
    body: Annotated[str | None, WirePath("message.body")] = None
    """Text of the e-mail message."""
    cc: Annotated[Email | None, WirePath("message.cc")] = None
    """E-mail address that gets a copy."""
    bcc: Annotated[Email | None, WirePath("message.bcc")] = None
    """E-mail address that gets a hidden copy."""
    logo: Annotated[bool | None, WirePath("message.logo")] = None
    """True puts the account's logo into the e-mail."""

    spec = Spec(
        name="send_email",
        title="E-mail a document",
        effect=Effect.OUTBOUND,
        heading=Heading.DOCUMENTS,
        route=Route("PUT", "/{document_type}/{document_id}/email-document.json"),
        needs=frozenset({Want.DOCUMENT, Want.DOCUMENT_CLIENT, Want.RELATED}),
        guards=(
            states.only_issued_documents_are_sent,
            states.recipient_differs_from_client,
            electronic_invoices.sent_pdf_is_an_electronic_invoice,
            texts.mail_speaks_to_people,
            texts.recipient_is_of_one_alphabet,
        ),
        vendor_operations=("sendInvoiceEmail", "sendEstimateEmail", "sendGuideEmail"),
        example={
            "document_type": "invoices",
            "document_id": "1001",
            "email": "contas@padaria.example.pt",
            "subject": "A sua fatura",
        },
    )

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the client, if the recipient is saved as its address."""
        client = facts.document_client
        saved = self.save and client is not None and client.id is not None
        return (resource_names.name_client(client.id),) if saved and client and client.id else ()

    def build_preview(self, facts: Facts) -> Preview:
        """Show recipient, copies, text and the document's state."""
        given = ("cc", "bcc", "subject", "body")
        state = find_state(facts.document, facts) if facts.document else None
        rows = [Row("state", state, is_headline=True)] if state is not None else []
        rows += [Row(name, getattr(self, name)) for name in given if getattr(self, name)]
        if self.save:
            rows.append(Row("saved_as_client_email", self.email))
        shown = Preview(action="email", document=facts.document, rows=tuple(rows), recipient=self.email)
        return add_payments(shown, facts)

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Report unknown: sent e-mails cannot be looked up. A person settles it; it is never sent again unasked."""
        return ProbeResult(Outcome.UNKNOWN)

    def parse_response(self, content: Any, facts: Facts) -> EmailResult:
        """Return the e-mail as it was sent; the answer is empty."""
        return EmailResult.model_validate(
            {
                **self.model_dump(include={"document_type", "document_id", "cc", "bcc", "subject"}),
                "to": self.email,
            }
        )

    def plan_correction(self, result: EmailResult, facts: Facts) -> Correction:
        """Plan: an e-mail cannot be recalled."""
        return Correction("sent")


async def wait_for_link(
    call: Operation[Any], context: OperationContext, keys: tuple[str, ...], waiting: Message
) -> str | None:
    """Poll until the answer holds a link under one of the keys; None if attempts run out. Files are made on request (trap 24)."""
    attempt = 0
    while True:
        content = await context.send(call)
        found = content if isinstance(content, dict) else {}
        url = next((found[key] for key in keys if found.get(key)), None)
        if url:
            return _check_link(url)
        attempt += 1
        await context.notify_progress(attempt, attempt + 1, waiting)
        if not await context.wait_before_retry(attempt):
            return None


def _check_link(url: Any) -> str:
    if isinstance(url, str) and is_web_address(url):
        return url
    raise Unreadable(
        message("InvoiceXpress did not return a web address for the file; the value is not shown."),
        sent="refused",
        next=message("repeat the same call; if it fails again, look for the file in InvoiceXpress"),
        retryable=True,
    )


async def deliver_file(
    context: OperationContext, url: str, name: str, delivery: str, *beginnings: bytes
) -> dict[str, Any]:
    """Return the file as requested, saved or as a link; with a note if it could not be downloaded."""
    if delivery == "link":
        return {"link": url}
    content = await context.download(url)
    if content is None:
        note = "not downloaded: its host is neither the account's nor in pdf_hosts, or the file was not there; open the link instead"
        return {"link": url, "note": note}
    if not content.startswith(beginnings):
        what = name.rpartition(".")[2].upper()
        return {"link": url, "note": f"the content of the link is not a {what}; nothing was saved"}
    return {"file": await context.save_file(content, name), "bytes": len(content)}


def name_file(url: str, otherwise: str, ending: str = "") -> str:
    """Return a name for a file: InvoiceXpress's own, such as FT-2026-1.pdf, if the address ends in a plain one."""
    last = unquote(urlsplit(url).path).rpartition("/")[2]
    name = last if _FILE_NAME.fullmatch(last) else otherwise
    stem, dot, extension = name.rpartition(".")
    return f"{stem}{ending}{dot}{extension}"


class PdfResult(Record):
    """PDF of a document: its file, resource or link."""

    summary_fields = frozenset({"status", "file", "resource", "link"})

    document_id: int
    status: Literal["ready", "pending"]
    file: str | None = None
    resource: str | None = None
    link: str | None = None
    bytes: int | None = None
    note: TranslatedText | None = None


class GetPdf(Operation[PdfResult]):
    """Fetch the PDF of an issued document. If still pending, call again.

    Source: API v2 documentation, Invoices, Generate PDF; OpenAPI generatePdf.
    """

    document_id: DocumentId
    """Id or number of the document, e.g. 1001 or FT 17/2026."""
    second_copy: bool = False
    """True prints it as a second copy (2.ª via); default false."""
    delivery: Annotated[Literal["file", "resource", "link"], LOCAL_ONLY] = "file"
    """Way to get the PDF: file saved on the server's machine, MCP resource, or link to InvoiceXpress; default file."""

    spec = Spec(
        name="get_pdf",
        title="Fetch a PDF",
        effect=Effect.READS,
        heading=Heading.DOCUMENTS,
        route=Route("GET", "/api/pdf/{document_id}.json", answer="output"),
        vendor_operations=("generatePdf",),
        example={"document_id": "1001"},
        idempotent=True,
    )

    async def execute(self, context: OperationContext) -> PdfResult:
        """Wait until the file is ready and deliver it as requested; pending if attempts run out."""
        url = await self.fetch_link(context)
        if url is None:
            return PdfResult(
                document_id=self.document_id,
                status="pending",
                note=message("still being made; call get_pdf again in a few seconds"),
            )
        if self.delivery == "resource":
            uri = build_pdf_uri(self.document_id, self.second_copy)
            return PdfResult(document_id=self.document_id, status="ready", resource=uri)
        name = name_file(url, f"document-{self.document_id}.pdf", "-second-copy" if self.second_copy else "")
        given = await deliver_file(context, url, name, self.delivery, b"%PDF")
        return PdfResult.model_validate({"document_id": self.document_id, "status": "ready", **given})

    async def fetch_link(self, context: OperationContext) -> str | None:
        """Return the link of the PDF; None if attempts run out.

        Raises:
            Rejected: The document has no PDF in its state, as a draft has none.
        """
        try:
            return await wait_for_link(self, context, ("pdfUrl",), message("InvoiceXpress is making the PDF"))
        except Rejected as failure:
            if failure.status != HTTP_NOT_ACCEPTABLE:
                raise
            raise Rejected(
                message("The document has no PDF in its state: a draft has none until it is finalized."),
                status=failure.status,
                sent=failure.sent,
                next=message(
                    "get_document shows its state; a draft is issued with change_state and state: finalized, which a person approves"
                ),
            ) from None

    def next_steps(self, result: PdfResult) -> Iterable[Step]:
        """Suggest repeating the call while the file is pending."""
        if result.status == "pending":
            yield Step("get_pdf", message("it should be ready soon"), {"document_id": self.document_id})


def build_pdf_uri(document_id: int, second_copy: bool = False) -> str:
    """Return the URI of a PDF as MCP resource."""
    return f"ix://documents/{document_id}/pdf{'?second_copy=true' if second_copy else ''}"


class QrCodeResult(Record):
    """QR code of a document: its file or link."""

    document_id: int
    status: Literal["ready", "pending"]
    file: str | None = None
    link: str | None = None
    bytes: int | None = None
    note: TranslatedText | None = None


class GetQrCode(Operation[QrCodeResult]):
    """Fetch the QR code of an issued document as PNG. If still pending, call again.

    Source: OpenAPI getQrCode; Portaria 195/2020.
    """

    document_id: DocumentId
    """Id or number of the document, e.g. 1001 or FT 17/2026."""
    delivery: Annotated[Literal["file", "link"], LOCAL_ONLY] = "file"
    """Way to get the image: file saved on the server's machine, or link to InvoiceXpress; default file."""

    spec = Spec(
        name="get_qr_code",
        title="Fetch a QR code",
        effect=Effect.READS,
        heading=Heading.DOCUMENTS,
        route=Route("GET", "/api/qr_codes/{document_id}.json", answer="qr_code"),
        vendor_operations=("getQrCode",),
        example={"document_id": "1001"},
        idempotent=True,
    )

    async def execute(self, context: OperationContext) -> QrCodeResult:
        """Wait until the file is ready and deliver it as requested; pending if attempts run out."""
        url = await wait_for_link(self, context, ("url",), message("InvoiceXpress is making the QR code"))
        if url is None:
            note = message("still being made; call get_qr_code again in a few seconds")
            return QrCodeResult(document_id=self.document_id, status="pending", note=note)
        name = f"document-{self.document_id}-qr.png"
        given = await deliver_file(context, url, name, self.delivery, b"\x89PNG")
        return QrCodeResult.model_validate({"document_id": self.document_id, "status": "ready", **given})

    def next_steps(self, result: QrCodeResult) -> Iterable[Step]:
        """Suggest repeating the call while the file is pending."""
        if result.status == "pending":
            yield Step("get_qr_code", message("it should be ready soon"), {"document_id": self.document_id})
