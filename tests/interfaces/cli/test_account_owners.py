"""Lists of approvals and writes name account, subject, client, amount, requester and expiry."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from ix_tools.api_client.client import account_name
from ix_tools.approvals.preview import ApprovalPreview, ClientView, DetailView, DocumentView
from ix_tools.approvals.repository import ApprovalRepository, ApprovalRequestContent, Binding, CallOrigin
from ix_tools.config.settings import Settings
from ix_tools.domain.amounts import Amount
from ix_tools.domain.records import Company
from ix_tools.idempotency.intents import IntentDraft
from ix_tools.idempotency.journal import Journal
from ix_tools.pipeline.company_repository import CompanyRepository
from ix_tools.storage.database import Store
from tests.interfaces.cli.conftest import Cli

NAMES = {
    "padaria": "Padaria Central, Lda",
    "garagem": "Garagem do Norte e Filhos, Sociedade Unipessoal, Lda",
    "loja": "",
}


@pytest.fixture
def accounts(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Three accounts, each with one approval that waits and one write in the journal; ids of the approvals by account."""
    for name, company in NAMES.items():
        for setting, value in (
            ("ACCOUNT", name),
            ("API_KEY", "k"),
            ("COMPANY", company if name == "padaria" else ""),
        ):
            monkeypatch.setenv(f"INVOICEXPRESS_ACCOUNTS__{name.upper()}__{setting}", value)
    monkeypatch.setenv("INVOICEXPRESS_ACCOUNTS__PADARIA__NIF", "501964843")
    store = Store(cli.store)
    kept, journal = ApprovalRepository(store, 15, lambda: cli.seconds), Journal(store, 240.0)
    found = {}
    for number, (name, company) in enumerate(NAMES.items()):
        account = account_name(Settings(account=name))
        if name == "garagem":
            CompanyRepository(store, Settings()).remember(account, ("saft", Company(company, "508112230")))
        paper = DocumentView(
            kind="invoices", id=1001, draft=True, expected_number="1/2026", issued=None, due=None,
            column=(Amount("total", Decimal(f"{number + 1}0292.79"), is_sum=True),), client=ClientView(name="ACME, Lda", nif="508112230"),
        )  # fmt: skip
        sheet = ApprovalPreview(action="finalized", account=name, paper=paper, several_accounts=True)
        asked = ApprovalRequestContent(
            "Finalizar",
            "Finalizar",
            sheet=sheet.model_dump_json(),
            origin=CallOrigin(face="rest", host="n8n 1.80"),
        )
        binding = Binding("n8n-loja", account, "change_state", f"v2:{name}", "s")
        found[name] = kept.ask(binding, asked, "page").id
        journal.begin(
            IntentDraft(
                account,
                f"key {name}",
                (f"v2:{name}",),
                "create_invoice",
                "n8n-loja",
                "rest",
                subject="invoices",
            )
        )
    yield found
    store.close()


@pytest.mark.parametrize("width", [80, 60, 140])
@pytest.mark.parametrize("language", ["pt", "en"])
def test_what_waits_in_several_accounts_is_told_apart(
    cli: Cli, accounts: dict[str, str], monkeypatch: pytest.MonkeyPatch, width: int, language: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("INVOICEXPRESS_LANGUAGE", language)
    text = cli.text("approvals", "list")
    assert max(map(len, text.splitlines())) <= width, text
    whole = " ".join(text.split())
    for identifier in accounts.values():
        assert identifier in whole
    expected = {
        "pt": (
            "Finalizar: Fatura 1/2026",
            "ACME, Lda · 10.292,79 €",
            "pedido por n8n-loja · n8n 1.80 · até ",
        ),
        "en": (
            "Finalize: Invoice 1/2026",
            "ACME, Lda · €10,292.79",
            "asked for by n8n-loja · n8n 1.80 · until ",
        ),
    }[language]
    for part in (*expected, NAMES["padaria"], "501964843 (padaria)", NAMES["garagem"], "(garagem)", " loja "):
        assert part in whole, (part, text)
    assert "…" not in text


def test_as_data_every_part_has_a_name(cli: Cli, accounts: dict[str, str]) -> None:
    rows = {one["id"]: one for one in cli("approvals", "list").body["approvals"]}
    row = rows[accounts["padaria"]]
    assert {
        name: row[name] for name in ("action", "document", "client", "amount", "company", "nif", "principal")
    } == {
        "action": "Finalize",
        "document": "Invoice 1/2026 (expected number)",
        "client": "ACME, Lda",
        "amount": "€10,292.79",
        "company": "Padaria Central, Lda",
        "nif": "501964843",
        "principal": "n8n-loja",
    }
    assert row["account"] == "padaria@padaria.app.invoicexpress.com"
    assert "company" not in rows[accounts["loja"]]
    shown = cli("approvals", "show", accounts["garagem"]).body["approval"]
    assert (shown["company"], shown["nif"]) == (NAMES["garagem"], "508112230")
    assert NAMES["garagem"] in " ".join(cli.text("approvals", "show", accounts["garagem"]).split())


@pytest.mark.parametrize("width", [80, 120])
def test_the_journal_names_the_company(
    cli: Cli, accounts: dict[str, str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = cli.text("journal", "list")
    assert max(map(len, text.splitlines())) <= width
    whole = " ".join(text.split())
    assert f"{NAMES['padaria']} · tax number 501964843 (padaria)" in whole
    assert f"{NAMES['garagem']} · tax number 508112230 (garagem)" in whole
    rows = cli("journal", "list").body["journal"]
    assert all(one["id"] in text for one in rows), "an id stays in one piece"
    assert {one.get("company") for one in rows} == {"Padaria Central, Lda", NAMES["garagem"], None}
    entry = cli("journal", "show", rows[-1]["id"]).body["entry"]
    assert (entry["company"], entry["nif"]) == ("Padaria Central, Lda", "501964843")


def test_a_lone_account_is_not_named_in_lists(cli: Cli) -> None:
    number = cli.draft()
    assert cli(*cli.finalize(number)).code == 3
    text = cli.text("approvals", "list")
    assert "ACME, Lda · €123.00" in text
    assert "sandbox" not in text
    assert "sandbox" not in cli.text("journal", "list")


def test_what_has_no_document_says_what_it_is_about(cli: Cli) -> None:
    store = Store(cli.store)
    kept = ApprovalRepository(store, 15, lambda: cli.seconds)
    amount = DetailView(label="value", kind="money", lines=("250.00",))
    sheet = ApprovalPreview(
        action="regularization", account="sandbox", client=ClientView(name="Beta, Lda"), amount=amount
    )
    binding = Binding("local", "sandbox@x", "create_regularization", "v2:a", "s")
    kept.ask(binding, ApprovalRequestContent("t", "s", sheet=sheet.model_dump_json()), "page")
    kept.ask(
        Binding("local", "sandbox@x", "register", "v2:b", "s"),
        ApprovalRequestContent("t", "Title"),
        "terminal",
    )
    store.close()
    text = " ".join(cli.text("approvals", "list").split())
    assert "Regularize a client's balance Beta, Lda · €250.00" in text
    assert "Title asked for by local" in text
