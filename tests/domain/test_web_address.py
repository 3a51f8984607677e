"""URLs from responses are shown as links only when they lead to a page or file."""

from __future__ import annotations

from typing import Any

import pytest

from ix_tools.domain.web_address import MAX_LENGTH, is_web_address
from ix_tools.errors import Unreadable
from tests.harness import Harness

ODD = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "javascript://acme.app.invoicexpress.com/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://acme.app.invoicexpress.com/x.pdf",
    "blob:https://acme.app.invoicexpress.com/x",
    "ix://documents/1/pdf",
    "tel:123",
    "http://acme.app.invoicexpress.com/x.pdf",
    "http://192.168.1.1/x.pdf",
    "https://169.254.169.254/latest",
    "https://2130706433/x",
    "https://localhost/x.pdf",
    "https://user:pw@acme.app.invoicexpress.com/x.pdf",
    "https://acme.app.invoicexpress.com@evil.com/x.pdf",
    "https://evil.com\\.invoicexpress.com/x",
    "https://acme。invoicexpress.com/x",
    "https://xn--nvoicexpress-4eb.com/x",
    "https://[::1/x",
    "https://acme.app.invoicexpress.com:0/x",
    "https://acme.app.invoicexpress.com:99999/x",
    "https://acme.app.invoicexpress.com:x/x",
    "https://acme.app.invoicexpress.com/x y",
    "https://acme.app.invoicexpress.com/\nx",
    "https://acme.app.invoicexpress.com/\u202efdp.x",
    "https://acme.app.invoicexpress.com/<script>",
    'https://acme.app.invoicexpress.com/"onclick=x',
    "https://-a.com/x",
    "https://a..com/x",
    "https:///x.pdf",
    "https:x.pdf",
    "//acme.app.invoicexpress.com/x.pdf",
    "/x.pdf",
    "x.pdf",
    "",
    "https://acme.app.invoicexpress.com/" + "x" * MAX_LENGTH,
]
GOOD = [
    "https://acme.app.invoicexpress.com/documents/1.pdf?token=a%20b&x=1#page=2",
    "https://invoicexpress-documents.s3.eu-west-1.amazonaws.com/a/b.pdf?X-Amz-Signature=abc~",
    "https://files.example:8443/x.pdf",
    "HTTPS://Files.Example/x.pdf",
    "http://127.0.0.1:8080/x.pdf",
    "http://localhost:8080/x.pdf",
]


@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_what_leads_elsewhere_is_no_web_address(text: str) -> None:
    assert not is_web_address(text)


@pytest.mark.parametrize("text", GOOD)
def test_addresses_of_pages_and_files_are(text: str) -> None:
    assert is_web_address(text)


FILES: list[tuple[str, dict[str, Any], str, Any]] = [
    ("get_pdf", {"document_id": 1001}, r"/api/pdf/", lambda url: {"output": {"pdfUrl": url}}),
    ("get_qr_code", {"document_id": 1001}, r"/api/qr_codes/", lambda url: {"qr_code": {"url": url}}),
    ("export_saft", {"month": 10, "year": 2026}, r"/api/export_saft", lambda url: {"url": url}),
]


@pytest.mark.parametrize("delivery", ["link", "file"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file[0])
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://[::1/x", "file:///etc/passwd", 7, ["https://a.example/x"]]
)
async def test_a_file_that_is_nowhere_on_the_web_is_a_clear_error(
    harness: Harness, delivery: str, file: tuple[str, dict[str, Any], str, Any], url: Any
) -> None:
    name, arguments, path, answer = file
    harness.sandbox.fault("GET", path, status=200, times=None, body=answer(url))
    error = await harness.get_error(name, {**arguments, "delivery": delivery})
    assert isinstance(error, Unreadable)
    shown = error.as_dict()
    assert "web address" in shown["message"]
    assert (shown["sent"], shown["retryable"]) == ("refused", True)
    assert "javascript" not in str(shown)
    assert "passwd" not in str(shown)


async def test_a_document_shows_no_odd_link(harness: Harness) -> None:
    made = await harness.create_draft()
    for link, shown in (
        ("javascript:alert(1)", None),
        ("https://acme.app.invoicexpress.com/p/1", "the same"),
    ):
        raw = {
            "id": made["id"],
            "status": "draft",
            "type": "Invoice",
            "permalink": link,
            "total": 0.0,
            "items": [],
        }
        harness.sandbox.fault("GET", rf"/invoices/{made['id']}\.json", status=200, body={"invoice": raw})
        found = await harness.read_document(made)
        assert found.get("permalink") == (link if shown else None)
