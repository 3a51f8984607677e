"""The company of an account comes from the settings, from its SAF-T file or from get_account, and is never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from pydantic import SecretStr

from ix_tools.config.settings import AccountSettings, Settings, point_at_sandbox
from ix_tools.domain.records import Company
from ix_tools.operations.saft import read_header
from ix_tools.pipeline.company_repository import CompanyRepository
from ix_tools.storage.database import Store
from tests.harness import Harness, execute
from tests.interfaces.web.visitor import Visitor, build_finalization, extract_text, with_pages

BAKERY = "padaria@padaria.app.invoicexpress.com"
GARAGE = "garagem@garagem.app.invoicexpress.com"
KEY = SecretStr("k")
TWO = {
    "padaria": AccountSettings(
        account="padaria", api_key=KEY, company="Padaria Central, Lda", nif="501964843"
    ),
    "garagem": AccountSettings(account="garagem", api_key=KEY),
}


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    opened = Store(place)
    yield opened
    opened.close()


def test_the_settings_count_first(store: Store) -> None:
    companies = CompanyRepository(store, Settings(accounts=TWO))
    companies.remember(BAKERY, ("saft", Company("Outra, Lda", "508112230")))
    assert companies.find(BAKERY) == Company("Padaria Central, Lda", "501964843")
    assert companies.find(GARAGE) is None
    assert companies.find("padaria@127.0.0.1:1") is None, "another host is another account"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], None),
        ([("account/1", Company("Garagem, SA", "508112230"))], Company("Garagem, SA", "508112230")),
        (
            [("account/1", Company("Garagem, SA")), ("account/1", Company("Garagem II"))],
            Company("Garagem II"),
        ),
        ([("account/1", Company("Garagem, SA")), ("account/2", Company("Cliente, Lda"))], None),
        (
            [("account/1", Company("A")), ("account/2", Company("B")), ("saft", Company("Garagem, SA"))],
            Company("Garagem, SA"),
        ),
        ([None], None),
    ],
)
def test_a_company_is_remembered_if_it_certainly_belongs_to_this_account(
    store: Store, told: list[tuple[str, Company] | None], expected: Company | None
) -> None:
    companies = CompanyRepository(store, Settings(accounts=TWO))
    for one in told:
        companies.remember(GARAGE, one)
    assert companies.find(GARAGE) == expected
    assert companies.find(BAKERY) != expected


async def test_get_account_names_the_company_from_then_on(harness: Harness) -> None:
    desk = harness.context
    assert desk.companies.find(desk.account.name) is None
    account = (await harness.call("get_account", {"account_id": 1}))["account"]
    known = desk.companies.find(desk.account.name)
    assert known == Company(account["organization_name"], account["fiscal_id"])
    before = desk.companies.find(desk.account.name)
    harness.context.store.close()
    await harness.call("get_account", {"account_id": 1})
    assert desk.companies.find(desk.account.name) == before


async def test_the_saft_file_names_the_company(harness: Harness) -> None:
    await harness.create_issued(date="2026-11-20")
    result = await harness.call("export_saft", {"month": 11, "year": 2026})
    assert harness.context.companies.find(harness.context.account.name) == Company(
        result["company"], result["nif"]
    )


HEADER = (
    "<AuditFile><Header><TaxRegistrationNumber>501964843</TaxRegistrationNumber><CompanyName>{}</CompanyName>"
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HEADER.format("P&amp;A, Lda").encode(), {"company": "P&A, Lda", "nif": "501964843"}),
        (
            ('<?xml version="1.0" encoding="Windows-1252"?>' + HEADER.format("Pão")).encode("cp1252"),
            {"company": "Pão", "nif": "501964843"},
        ),
        (b"<AuditFile><Header></Header>", {}),
        (HEADER.format("").encode(), {}),
        (b"<AuditFile>" + b" " * 30_000 + HEADER.format("Longe").encode(), {}),
        (b"\xff\x00" * 10, {}),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_header_of_the_file_is_read(
    tmp_path: Path, content: bytes, expected: dict[str, str], packed: bool
) -> None:
    file = tmp_path / "saft"
    if packed:
        with ZipFile(file, "w") as archive:
            archive.writestr("saft.xml", content)
    else:
        file.write_bytes(content)
    assert read_header(file) == expected


def test_a_missing_or_empty_file_names_no_company(tmp_path: Path) -> None:
    assert read_header(tmp_path / "none") == {}
    with ZipFile(tmp_path / "empty", "w"):
        pass
    assert read_header(tmp_path / "empty") == {}


# --- where a person decides


def of_two(harness: Harness, **settings: str) -> Harness:
    """The harness, where two accounts are set up and this one's company is told."""
    return with_pages(harness, accounts=TWO, sandbox=False, **settings)


async def test_with_several_accounts_the_approval_shows_the_company(harness: Harness) -> None:
    paper = of_two(harness, company="Oficina das Faturas, Lda", nif="508025338")
    body = await execute(paper.context, "change_state", await build_finalization(paper))
    told = body["approval"]
    assert (told["account"], told["company"], told["nif"]) == (
        "sandbox",
        "Oficina das Faturas, Lda",
        "508025338",
    )
    line = "Issuer: Oficina das Faturas, Lda · tax number 508025338 (sandbox)"
    assert line in told["summary"]
    assert line in body["preview"].splitlines()[0], "where a host shows one line"
    found = paper.context.approvals.find(told["id"])
    page = extract_text(
        (await Visitor(paper.context).look(paper.context.links.create(found, "message"))).text
    )
    assert "Issuer: Oficina das Faturas, Lda · tax number 508025338 (sandbox)" in page
    assert "Issuer Oficina das Faturas, Lda Tax number 508025338 Account: sandbox" in page


async def test_an_unknown_company_is_shown_as_the_account_name(harness: Harness) -> None:
    paper = of_two(harness)
    told = (await execute(paper.context, "change_state", await build_finalization(paper)))["approval"]
    assert told["account"] == "sandbox"
    assert "company" not in told
    assert told["summary"].endswith("· Issuer: sandbox")


async def test_a_single_account_is_not_named_in_the_approval(harness: Harness) -> None:
    paper = with_pages(harness, company="Oficina das Faturas, Lda", nif="508025338")
    body = await execute(paper.context, "change_state", await build_finalization(paper))
    assert not {"account", "company", "nif"} & set(body["approval"])
    assert "Oficina" not in body["approval"]["summary"]
    assert "Account: Oficina das Faturas, Lda · tax number 508025338 (sandbox)" in body["preview"]


def test_the_sandbox_has_no_company() -> None:
    settings = point_at_sandbox(
        Settings(company="Padaria Central, Lda", nif="501964843"), "http://127.0.0.1:1", "k"
    )
    assert (settings.company, settings.nif) == ("", "")


@pytest.mark.parametrize(
    ("settings", "several"),
    [
        (Settings(), False),
        (Settings(account="padaria", api_key=KEY), False),
        (Settings(accounts={"padaria": TWO["padaria"]}), False),
        (Settings(accounts=TWO), True),
        (Settings(account="loja", api_key=KEY, accounts={"padaria": TWO["padaria"]}), True),
    ],
)
def test_one_account_under_two_names_is_one(settings: Settings, several: bool) -> None:
    assert settings.has_several_accounts is several
    assert all(one.has_several_accounts is several for one in settings.by_account().values())
