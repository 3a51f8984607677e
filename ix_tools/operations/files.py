"""What leaves as a file or by post: e-mail and PDF."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from ix_tools.facts import Facts, Want
from ix_tools.guards import states
from ix_tools.operation import At, Effect, Operation, Preview, Route, Row, Sending, Spec, Step
from ix_tools.operations.drafts import OURS
from ix_tools.vocabulary import DocumentType, Email, Id, Record


class EmailResult(Record):
    """The mail that InvoiceXpress accepted; it never says whether it arrived."""

    document_type: str
    document_id: int
    to: str
    cc: str | None = None
    bcc: str | None = None
    subject: str | None = None


class SendEmail(Operation[EmailResult]):
    """E-mail an issued document; a person approves the recipient.

    Source: API v2 documentation, Invoices, Send by Email; OpenAPI sendInvoiceEmail, sendEstimateEmail, sendGuideEmail.
    """

    document_type: DocumentType
    """Kind of document."""
    document_id: Id
    """Id."""
    email: Annotated[Email, At("message.client.email")]
    """Recipient."""
    save: Annotated[bool, At("message.client.save")] = False
    """Store it as the client's address."""
    subject: Annotated[str | None, At("message.subject")] = None
    """Subject."""
    body: Annotated[str | None, At("message.body")] = None
    """Text."""
    cc: Annotated[Email | None, At("message.cc")] = None
    """Copy."""
    bcc: Annotated[Email | None, At("message.bcc")] = None
    """Blind copy."""
    logo: Annotated[bool | None, At("message.logo")] = None
    """With logo."""

    spec = Spec(
        name="send_email",
        title="E-mail a document",
        effect=Effect.OUTBOUND,
        route=Route("PUT", "/{document_type}/{document_id}/email-document.json"),
        needs=frozenset({Want.DOCUMENT, Want.DOCUMENT_CLIENT}),
        guards=(states.only_issued_documents_leave, states.recipient_differs_from_client),
        example={
            "document_type": "invoices",
            "document_id": 1001,
            "email": "contas@padaria.example.pt",
            "subject": "A sua fatura",
        },
    )

    def preview(self, facts: Facts) -> Preview:
        """Who gets what."""
        rows = [Row("recipient", self.email)]
        rows += [
            Row(name, getattr(self, name)) for name in ("cc", "bcc", "subject", "body") if getattr(self, name)
        ]
        if self.save:
            rows.append(Row("saved_as_client_email", self.email))
        return Preview(action="email", document=facts.document, rows=tuple(rows))

    def read(self, content: Any, facts: Facts) -> EmailResult:
        """The service answers with nothing; what was sent is what we sent."""
        return EmailResult.model_validate(
            {
                **self.model_dump(include={"document_type", "document_id", "cc", "bcc", "subject"}),
                "to": self.email,
            }
        )


class PdfResult(Record):
    """Where the PDF is."""

    telling = frozenset({"document_id", "status", "file", "resource", "link"})

    document_id: int
    status: Literal["ready", "pending"]
    file: str | None = None
    resource: str | None = None
    link: str | None = None
    bytes: int | None = None
    note: str | None = None


class GetPdf(Operation[PdfResult]):
    """Fetch the PDF of an issued document. If still pending, call again.

    Source: API v2 documentation, Invoices, Generate PDF; OpenAPI generatePdf.
    """

    document_id: Id
    """Document's id."""
    second_copy: bool = False
    """2.ª via."""
    delivery: Annotated[Literal["file", "resource", "link"], OURS] = "file"
    """file on the server's machine, MCP resource, or InvoiceXpress's link."""

    spec = Spec(
        name="get_pdf",
        title="Fetch a PDF",
        effect=Effect.READS,
        route=Route("GET", "/api/pdf/{document_id}.json", answer="output"),
        example={"document_id": 1001},
        idempotent=True,
    )

    async def carried_out(self, sending: Sending) -> PdfResult:
        """Ask until it is ready or patience ends, then deliver it as asked."""
        if self.delivery == "resource":
            return PdfResult(
                document_id=self.document_id,
                status="ready",
                resource=pdf_uri(self.document_id, self.second_copy),
            )
        url = await self.address(sending)
        if url is None:
            return PdfResult(
                document_id=self.document_id,
                status="pending",
                note="still being made; call get_pdf again in a few seconds",
            )
        if self.delivery == "link":
            return PdfResult(document_id=self.document_id, status="ready", link=url)
        content = await sending.download(url)
        if content is None:
            return PdfResult(
                document_id=self.document_id,
                status="ready",
                link=url,
                note="not downloaded: its host is neither the account's nor in pdf_hosts, or did not have it; open the link instead",
            )
        if not content.startswith(b"%PDF"):
            return PdfResult(
                document_id=self.document_id,
                status="ready",
                link=url,
                note="what the link gave is not a PDF; nothing was saved",
            )
        name = f"document-{self.document_id}{'-second-copy' if self.second_copy else ''}.pdf"
        return PdfResult(
            document_id=self.document_id,
            status="ready",
            file=await sending.keep(content, name),
            bytes=len(content),
        )

    async def address(self, sending: Sending) -> str | None:
        """Where InvoiceXpress put the PDF; None when patience ended first."""
        attempt = 0
        while True:
            content = await sending.send(self)
            if isinstance(content, dict) and content.get("pdfUrl"):
                return str(content["pdfUrl"])
            attempt += 1
            await sending.progress(attempt, attempt + 1, "InvoiceXpress is making the PDF")
            if not await sending.pause(attempt):
                return None

    def next_steps(self, result: PdfResult) -> Iterable[Step]:
        """Ask again while it is pending."""
        if result.status == "pending":
            yield Step("get_pdf", "it should be ready soon", {"document_id": self.document_id})


def pdf_uri(document_id: int, second_copy: bool = False) -> str:
    """The MCP resource of a PDF."""
    return f"ix://documents/{document_id}/pdf{'?second_copy=true' if second_copy else ''}"
