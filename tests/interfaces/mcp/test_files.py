"""What leaves as a file or by post: e-mail and PDF."""

import base64
import stat
from pathlib import Path
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from ix_tools.sandbox.server import Sandbox
from tests.harness import Harness, invoice
from tests.interfaces.mcp.host import Host, Person, connect_host


async def issued(host: Host) -> int:
    """A finalized invoice's id."""
    made = await host.call("create_invoice", **invoice())
    number: int = made["document"]["id"]
    await host.call("change_state", document_type="invoices", document_id=number, state="finalized")
    return number


# --- e-mail


async def test_a_mail_goes_to_whom_the_person_saw(host: Host, harness: Harness) -> None:
    """invoices-v2 "Send by Email"."""
    number = await issued(host)
    result = await host.call(
        "send_email",
        document_type="invoices",
        document_id=number,
        email="contas@acme.example.pt",
        cc="ana@acme.example.pt",
        bcc="arquivo@acme.example.pt",
        subject="A sua fatura",
        body="Bom dia",
        save=True,
        logo=True,
    )
    assert (result["to"], result["cc"], result["subject"]) == (
        "contas@acme.example.pt",
        "ana@acme.example.pt",
        "A sua fatura",
    )
    assert harness.list_writes()[-1]["body"] == {
        "message": {
            "client": {"email": "contas@acme.example.pt", "save": "1"},
            "cc": "ana@acme.example.pt",
            "bcc": "arquivo@acme.example.pt",
            "subject": "A sua fatura",
            "body": "Bom dia",
            "logo": "1",
        }
    }
    (mail,) = harness.sandbox.outbox()
    assert "contas@acme.example.pt" in str(mail)
    question = host.person.asked[-1].message
    for words in ("contas@acme.example.pt", "ana@acme.example.pt", "arquivo@acme.example.pt", "Bom dia"):
        assert words in question
    assert result["warnings"], "the client's own address is another one"


async def test_a_draft_is_never_mailed(host: Host, harness: Harness) -> None:
    """2b, a856a14: a draft has no number and may still change."""
    made = await host.call("create_invoice", **invoice())
    refusal = await host.call_refused(
        "send_email", document_type="invoices", document_id=made["document"]["id"], email="a@acme.example.pt"
    )
    assert refusal["sent"] == "nothing"
    assert "draft" in refusal["problems"][0]["problem"]
    assert harness.sandbox.outbox() == []


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c.pt", "a@x.pt, b@x.pt", "a@x.pt\r\nBcc: b@x.pt"])
async def test_an_address_that_is_none_is_refused(host: Host, harness: Harness, email: str) -> None:
    """A valid e-mail address, and one only."""
    refusal = await host.call_refused("send_email", document_type="invoices", document_id=1, email=email)
    assert [problem["field"] for problem in refusal["problems"]] == ["email"]
    assert harness.sandbox.requests() == []


# --- PDF


def saved(file: str) -> int:
    """The size of a PDF that only its owner can read."""
    path = Path(file)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    return len(content)


async def test_a_pdf_is_waited_for_and_saved_for_its_owner_only(host: Host, harness: Harness) -> None:
    """invoices-v2 "Generate PDF": 202 until it is ready (trap 24)."""
    number = await issued(host)
    told: list[tuple[float, str | None]] = []

    async def telling(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    answer = await host.client.call_tool("get_pdf", {"document_id": number}, progress_callback=telling)
    result = answer.structured_content
    assert result is not None
    assert (result["status"], result["document_id"]) == ("ready", number)
    assert result["bytes"] == saved(result["file"])
    assert Path(result["file"]).parent == harness.context.settings.documents
    assert "link" not in result
    polls = [one for one in harness.sandbox.requests() if one["path"].startswith("/api/pdf/")]
    assert [one["status"] for one in polls] == [202, 200]
    assert [done for done, _ in told] == [1]


async def test_a_second_copy_is_another_file(host: Host, harness: Harness) -> None:
    """invoices-v2 "Generate PDF": second_copy."""
    harness.sandbox.set_option("pdf_polls", 0)
    number = await issued(host)
    first = await host.call("get_pdf", document_id=number)
    second = await host.call("get_pdf", document_id=number, second_copy=True)
    assert first["file"] != second["file"]
    assert [one for one in harness.sandbox.requests() if one["path"].startswith("/api/pdf/")][-1][
        "query"
    ].get("second_copy") in ("true", ["true"])


async def test_a_link_is_handed_over_unopened(host: Host, harness: Harness) -> None:
    """delivery: link."""
    harness.sandbox.set_option("pdf_polls", 0)
    number = await issued(host)
    result = await host.call("get_pdf", document_id=number, delivery="link")
    assert result["link"].startswith(harness.sandbox.base_url)
    assert harness.sandbox.api_key not in result["link"]
    assert "file" not in result
    documents = harness.context.settings.documents
    assert documents is not None
    assert not documents.exists()


async def test_a_resource_is_read_through_the_protocol(host: Host, harness: Harness) -> None:
    """delivery: resource."""
    harness.sandbox.set_option("pdf_polls", 0)
    number = await issued(host)
    for second in (False, True):
        result = await host.call("get_pdf", document_id=number, delivery="resource", second_copy=second)
        (content,) = (await host.client.read_resource(result["resource"])).contents
        assert content.mime_type == "application/pdf"
        assert base64.b64decode(content.blob).startswith(b"%PDF")  # type: ignore[union-attr]


async def test_patience_ends_in_pending_and_the_next_call_gets_it(host: Host, harness: Harness) -> None:
    """The wait is bounded; the result says to call again."""
    harness.sandbox.set_option("pdf_polls", 2)
    number = await issued(host)
    hurried = harness.context.settings.model_copy(update={"pdf_poll_attempts": 1})
    harness.context.settings = hurried
    first = await host.call("get_pdf", document_id=number)
    assert first["status"] == "pending"
    assert first["next"][0]["tool"] == "get_pdf"
    assert "file" not in first
    await host.call("get_pdf", document_id=number)
    assert (await host.call("get_pdf", document_id=number))["status"] == "ready"
    harness.sandbox.set_option("pdf_polls", 99)
    with pytest.raises(MCPError, match=r"still making"):
        await host.client.read_resource(f"ix://documents/{number}/pdf?second_copy=true")


async def test_a_draft_has_no_pdf(host: Host) -> None:
    """J12: 406."""
    made = await host.call("create_invoice", **invoice())
    refusal = await host.call_refused("get_pdf", document_id=made["document"]["id"])
    assert (refusal["code"], refusal["sent"]) == ("rejected", "refused")


@pytest.mark.parametrize("url", ["https://evil.example/x.pdf", "https://evilinvoicexpress.com/x.pdf"])
async def test_a_pdf_from_elsewhere_is_only_a_link(host: Host, harness: Harness, url: str) -> None:
    """The key's owner decides which hosts are asked (pdf_hosts); nothing else is opened, whatever the answer says."""
    harness.sandbox.fault("GET", "/api/pdf/5", status=200, body={"output": {"pdfUrl": url}})
    result = await host.call("get_pdf", document_id=5)
    assert (result["status"], result["link"]) == ("ready", url)
    assert "not downloaded" in result["note"]
    assert len(harness.sandbox.requests()) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.evil.example/x.pdf",
        "https://sandbox@evil.example/x.pdf",
        "https://x.invoicexpress.com:99999/x.pdf",
        "https://x.invoicexpress.com:x/x.pdf",
        "https://[::1/x.pdf",
        "https://evil.example\\.invoicexpress.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//evil.example/x.pdf",
        "x",
    ],
)
async def test_what_is_no_web_address_is_neither_opened_nor_shown(
    host: Host, harness: Harness, url: str
) -> None:
    """A person would follow what a result calls a link."""
    harness.sandbox.fault("GET", "/api/pdf/5", status=200, body={"output": {"pdfUrl": url}})
    refusal = await host.call_refused("get_pdf", document_id=5)
    assert refusal["code"] == "unreadable_answer"
    assert url == "x" or url not in str(refusal)
    assert len(harness.sandbox.requests()) == 1


async def test_a_folder_that_cannot_be_written_is_said(harness: Harness, mode: str, tmp_path: Path) -> None:
    """The file is in the way of the folder."""
    (tmp_path / "taken").write_text("")
    harness.context.settings = harness.context.settings.model_copy(update={"documents": tmp_path / "taken"})
    harness.sandbox.set_option("pdf_polls", 0)
    async with connect_host(harness.context, mode, Person()) as host:
        refusal = await host.call_refused("get_pdf", document_id=await issued(host))
    assert refusal["code"] == "file_not_saved"
    assert "INVOICEXPRESS_DOCUMENTS" in str(refusal["next"])


async def test_a_pdf_of_another_server_comes_without_the_key(host: Host, harness: Harness) -> None:
    """A host in pdf_hosts, or the account's own, is asked by the plain address."""
    harness.sandbox.set_option("pdf_polls", 0)
    number = await issued(host)
    result = await host.call("get_pdf", document_id=number)
    assert saved(result["file"])
    seen: list[dict[str, Any]] = harness.sandbox.requests()
    assert all(harness.sandbox.api_key not in str(one) for one in seen)
    assert isinstance(harness.sandbox, Sandbox)
