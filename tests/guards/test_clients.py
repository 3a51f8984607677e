"""The customer: named, the one meant, not contradicted, with a tax number that fits the country."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from ix_tools.domain.records import Client
from ix_tools.guards import clients, tax_numbers
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import LISBON
from tests.guards.judging import judge
from tests.harness import Harness, document_arguments, guide, invoice, warnings_by_field

NEW = {"name": "Padaria Central, Lda", "code": "PADARIA", "fiscal_id": "508025338", "country": "PT"}
ACME = Client(
    id=501,
    name="ACME, Lda",
    code="ACME",
    country="Portugal",
    fiscal_id="508112230",
    address="Avenida da Bigorna, 7",
    city="Porto",
    postal_code="4000-001",
    phone="220000000",
    website="www.acme.example",
)
FIELDS = ("id", "name", "code", "country", "fiscal_id", *clients.COMPARED_FIELDS)


def judged(rule: Any, client: dict[str, Any] | None, known: Client | None = None) -> list[tuple[str, str]]:
    given = SimpleNamespace(**{**dict.fromkeys(FIELDS), **client}) if client is not None else None
    facts = Facts(now=datetime(2026, 11, 20, tzinfo=LISBON), client_by_code=known)
    return [
        (one.kind, one.problem.field)
        for one in rule(SimpleNamespace(client=given, document_type="invoices"), facts)
    ]


async def test_only_a_simplified_invoice_goes_without_a_customer(harness: Harness) -> None:
    found = await harness.get_refusal("create_invoice", invoice(client=None))
    assert "only simplified_invoices may go without" in found["client"]
    assert "client" in await harness.get_refusal("create_guide", guide(client=None))
    assert (await harness.call("create_invoice", invoice(client=None, document_type="simplified_invoices")))[
        "ok"
    ]
    assert "client" not in harness.get_last_body()


@pytest.mark.parametrize(
    ("client", "field"),
    [
        ({"name": "Nova, Lda"}, "client.code"),
        ({"code": "NOVA"}, "client.name"),
        ({"name": " ", "code": "N"}, "client.name"),
    ],
)
async def test_a_new_client_needs_name_and_code(harness: Harness, client: dict[str, Any], field: str) -> None:
    found = await harness.get_refusal("create_invoice", invoice(client=client))
    assert "exists yet, and a new one needs" in found[field]
    assert (
        await harness.call("create_invoice", invoice(client={**client, "name": "Nova, Lda", "code": "NOVA"}))
    )["ok"]


@pytest.mark.parametrize("client", [{"code": "ACME"}, {"name": "ACME, Lda"}, {"id": 501}, {"id": "501"}])
async def test_an_existing_client_is_found_by_any_one_of_code_name_and_id(
    harness: Harness, client: dict[str, Any]
) -> None:
    result = await harness.call("create_invoice", invoice(client=client))
    assert result["document"]["client"]["name"] == "ACME, Lda"
    assert {"name": "ACME, Lda", "code": "ACME"}.items() <= harness.get_last_body()["client"].items()


async def test_an_id_that_is_nobodys_is_refused_because_the_service_would_go_by_code_or_name(
    harness: Harness,
) -> None:
    """Trap 3: by id, then code, then name, and then a new client is made."""
    found = await harness.get_refusal(
        "create_invoice", invoice(client={"id": 999, "name": "Nova, Lda", "code": "NOVA"})
    )
    assert "no client has the id 999" in found["client.id"]
    assert "client.id" in await harness.get_refusal("create_invoice", invoice(client={"id": 999}))


@pytest.mark.parametrize("length", [100, 101])
async def test_a_name_has_at_most_a_hundred_characters(harness: Harness, length: int) -> None:
    """A7: "Nome é demasiado longo"."""
    arguments = invoice(client={"name": "x" * length, "code": "LONGO"})
    if length > 100:
        assert "at most 100" in (await harness.get_refusal("create_invoice", arguments))["client.name"]
    else:
        assert (await harness.call("create_invoice", arguments))["ok"]


@pytest.mark.parametrize(
    ("client", "field", "named"),
    [
        ({"code": "ACME", "name": "Beta GmbH"}, "client.name", "ACME, Lda"),
        ({"code": "ACME", "name": "ACME"}, "client.name", "ACME, Lda"),
        ({"code": "OUTRO", "name": "ACME, Lda"}, "client.code", "'ACME'"),
    ],
)
def test_code_and_name_must_lead_to_the_same_client(client: dict[str, Any], field: str, named: str) -> None:
    """Trap 3."""
    by_code = ACME if client["code"] == "ACME" else None
    by_name = ACME if client["name"] == "ACME, Lda" else None
    found = judge("create_invoice", invoice(client=client), client_by_code=by_code, client_by_name=by_name)
    assert named in found[field]


@pytest.mark.parametrize("field", clients.COMPARED_FIELDS)
def test_what_is_said_of_an_existing_client_must_be_what_is_stored(field: str) -> None:
    """Trap 3: everything else about a client that exists is ignored in silence."""
    other = {"email": "outra@acme.example.pt", "country": "ES", "fiscal_id": "ESB58378431"}.get(
        field, "outra coisa"
    )
    given = {"code": "ACME", field: other}
    if field == "fiscal_id":
        given["country"] = "ES"
    found = judge("create_invoice", invoice(client=given), client_by_code=ACME)
    assert "is ignored" in found[f"client.{field}"]


async def test_an_id_with_another_name_or_code_is_refused(harness: Harness) -> None:
    found = await harness.get_refusal(
        "create_invoice", invoice(client={"id": 501, "name": "Beta GmbH", "code": "BETA"})
    )
    assert {"client.name", "client.code"} <= set(found)


@pytest.mark.parametrize(
    "same",
    [
        {"address": "avenida da  bigorna, 7"},
        {"country": "Portugal"},
        {"country": "PT"},
        {"fiscal_id": "PT508112230"},
        {"fiscal_id": "508 112 230"},
        {"website": "www.acme.example/"},
        {"city": "PORTO", "postal_code": "4000-001", "phone": "220000000"},
    ],
)
def test_what_is_stored_may_be_said_in_other_letters(same: dict[str, Any]) -> None:
    assert judge("create_invoice", invoice(client={"code": "ACME", **same}), client_by_code=ACME) == {}


def test_a_client_without_a_country_is_in_portugal() -> None:
    """Trap 22: unset means Portugal."""
    stored = Client(name="Antiga, Lda", code="ANTIGA")
    for country, expected in (("Portugal", []), ("Spain", [("refuse", "client.country")])):
        given = {"code": "ANTIGA", "country": country}
        assert judged(clients.existing_client_not_contradicted, given, stored) == expected


@pytest.mark.parametrize(
    ("fiscal_id", "country", "kind"),
    [
        ("508025338", "Portugal", None),
        ("PT508025338", "Portugal", None),
        ("508025338", None, None),
        ("508025339", "Portugal", "refuse"),
        ("508025339", None, "refuse"),
        ("50802533", "Portugal", "refuse"),
        ("5080253380", "Portugal", "refuse"),
        ("999999990", "Portugal", None),
        ("461234569", "Portugal", "refuse"),  # no such range
        ("912345678", "Portugal", "refuse"),  # a telephone number
        ("FR40303265045", "France", None),
        ("40303265045", "France", None),
        ("FR40303265045", None, "refuse"),
        ("FR40303265045", "Portugal", "refuse"),
        ("FR41303265045", "France", "refuse"),
        ("ESB58378431", "Spain", None),
        ("ESB58378432", "Spain", "refuse"),
        ("EL094259216", "Greece", None),
        ("508025338", "Spain", "warn"),  # perhaps a private person's number
        ("RSSMRA80A01H501U", "Italy", "warn"),  # a person's number that begins with letters
        ("ITLMRA80A01H501U", "Italy", "warn"),
        ("IT00743110158", "Italy", "refuse"),
        ("IT00743110157", "Italy", None),
        ("X1234567X", "Spain", "warn"),
        ("X5253868R", "Spain", None),  # a resident foreigner's, which is his VAT number too
        ("FR40303265045", "Germany", "refuse"),
        ("DE136695976", "Germany", None),
        ("DE1", "Germany", "refuse"),
        ("GR094259216", "Greece", None),
        ("EL094259217", "Greece", "refuse"),
        ("PT508025338", "Spain", "refuse"),
        ("123-45-6789", "United States", None),
        ("anything", "Brazil", None),
    ],
)
def test_number_and_country_are_checked_as_a_pair(
    fiscal_id: str, country: str | None, kind: str | None
) -> None:
    """Trap 22: "Contribuinte não é válido" loses the whole document; foreign numbers outside the EU have no checksum."""
    found = judged(tax_numbers.fiscal_id_fits_country, {"fiscal_id": fiscal_id, "country": country})
    assert found == ([(kind, "client.fiscal_id")] if kind else [])


def test_the_stored_country_counts_when_none_is_given() -> None:
    stored = Client(name="Beta GmbH", code="BETA", country="Germany", fiscal_id="DE123456788")
    assert judged(tax_numbers.fiscal_id_fits_country, {"fiscal_id": "DE123456788"}, stored) == []
    assert judged(tax_numbers.fiscal_id_fits_country, {"fiscal_id": "DE123456789"}, stored) == [
        ("refuse", "client.fiscal_id")
    ]


@pytest.mark.parametrize(
    ("name", "number", "refused"),
    [
        ("Consumidor Final", "508025338", True),
        ("CONSUMIDOR  FINAL", "508025338", True),
        ("Consumidor Final", "999999990", False),
        ("Consumidor Final", None, False),
        ("Consumidor Final, Lda", "508025338", False),
    ],
)
def test_a_final_consumer_with_a_number_is_refused_new_or_stored(
    name: str, number: str | None, refused: bool
) -> None:
    """Or the sales to nobody in particular would be that company's."""
    expected = [("refuse", "client.name")] if refused else []
    given = {"name": name, "fiscal_id": number}
    assert judged(clients.final_consumer_has_no_number, given) == expected
    stored = Client(name=name, code="CF", fiscal_id=number)
    assert judged(clients.final_consumer_has_no_number, {"code": "CF"}, stored) == expected


def describe_finding(rule: Any, number: str, country: str | None) -> str:
    given = SimpleNamespace(**{**dict.fromkeys(FIELDS), "fiscal_id": number, "country": country})
    call = SimpleNamespace(client=given, document_type="invoices")
    facts = Facts(now=datetime(2026, 11, 20, tzinfo=LISBON))
    return "; ".join(
        f"{one.problem.problem} | {one.problem.allowed} | {one.next}" for one in rule(call, facts)
    )


def test_a_number_of_another_member_state_names_both_and_leads_to_neither() -> None:
    said = describe_finding(tax_numbers.fiscal_id_fits_country, "FR40303265045", "Germany")
    assert "is a VAT number of France, and the client's country is Germany" in said
    assert "ask which of the two is wrong" in said
    assert "cannot be stored with both" in said


@pytest.mark.parametrize(
    ("given", "country", "sent"),
    [
        ("508 025 338", None, "508025338"),
        ("PT-508025338", "PT", "508025338"),
        ("pt508.025.338", "Portugal", "508025338"),
        ("GR094259216", "GR", "EL094259216"),
        ("el 094259216", "Greece", "EL094259216"),
        ("094259216", "GR", "094259216"),
        ("DE 136 695 976", "DE", "DE136695976"),
        ("ESB-58378431", "ES", "ESB58378431"),
        (" 12-34 ", "US", "12-34"),
    ],
)
async def test_the_number_that_was_checked_is_the_one_that_is_sent(
    harness: Harness, given: str, country: str | None, sent: str
) -> None:
    new = {"name": "Nova, Lda", "code": "NOVA", "fiscal_id": given, "country": country}
    client = {name: value for name, value in new.items() if value is not None}
    assert (await harness.call("create_client", client))["client"]["fiscal_id"] == sent
    assert harness.get_last_body()["fiscal_id"] == sent
    other = {**client, "name": "Outra, Lda", "code": "OUTRA"}
    await harness.call("create_invoice", invoice(client=other, accept=["same_fiscal_id"]))
    assert harness.get_last_body()["client"]["fiscal_id"] == sent


async def test_a_number_given_alone_takes_the_form_of_the_stored_country(harness: Harness) -> None:
    made = await harness.call("create_client", {"name": "Alfa AE", "code": "ALFA", "country": "GR"})
    await harness.call("update_client", {"client_id": made["client"]["id"], "fiscal_id": "GR 094259216"})
    assert harness.get_last_body()["fiscal_id"] == "EL094259216"


@pytest.mark.parametrize(
    ("number", "country", "asked"),
    [
        ("508025338", None, True),
        ("PT 508 025 338", "PT", True),
        ("999999990", None, False),
        ("501964843", None, False),
        ("B58378431", "ES", True),
        ("ESB58378431", "ES", True),
    ],
)
async def test_a_second_client_with_a_number_is_asked_about_and_the_first_is_named(
    harness: Harness, number: str, country: str | None, asked: bool
) -> None:
    await harness.call("create_client", NEW)
    await harness.call(
        "create_client", {"name": "Iberia SL", "code": "IB", "fiscal_id": "B58378431", "country": "ES"}
    )
    await harness.call("create_client", {"name": "Anónimo", "code": "A", "fiscal_id": "999999990"})
    second = {"name": "Filial", "code": "FILIAL", "fiscal_id": number}
    second |= {"country": country} if country else {}
    if not asked:
        assert (await harness.call("create_client", second))["ok"]
        return
    await harness.check_acceptance("create_invoice", invoice(client=second), "same_fiscal_id")
    harness.sandbox.clear_requests()
    third = {**second, "name": "Filial 2", "code": "FILIAL2"}
    found = await harness.get_refusal("create_client", third)
    assert ("Padaria Central, Lda" if country != "ES" else "Iberia SL") in found["fiscal_id"]
    await harness.check_acceptance("create_client", third, "same_fiscal_id")


async def test_a_client_keeps_its_number_and_takes_anothers_only_if_asked(harness: Harness) -> None:
    await harness.call("create_client", NEW)
    assert (await harness.call("update_client", {"client_id": 501, "phone": "1"}))["ok"]
    own = (await harness.call("get_client", {"client_id": 501}))["client"]["fiscal_id"]
    assert (await harness.call("update_client", {"client_id": 501, "fiscal_id": own}))["ok"]
    await harness.check_acceptance(
        "update_client", {"client_id": 501, "fiscal_id": "508025338"}, "same_fiscal_id"
    )


async def test_a_number_with_a_wrong_check_digit_never_leaves(harness: Harness) -> None:
    found = await harness.get_refusal("create_invoice", invoice(client={**NEW, "fiscal_id": "508025339"}))
    assert "valid check digit" in found["client.fiscal_id"]
    assert (await harness.call("create_invoice", invoice(client=NEW)))["ok"]
    assert harness.get_last_body()["client"]["fiscal_id"] == "508025338"


async def test_a_foreign_private_persons_number_is_warned_of(harness: Harness) -> None:
    given = {"name": "José", "code": "JOSE", "country": "ES", "fiscal_id": "508025338"}
    result = await harness.call("create_invoice", invoice(client=given))
    assert "right only for a private person" in warnings_by_field(result)["client.fiscal_id"]


@pytest.mark.parametrize(
    ("written", "travels"),
    [
        ("PT", "Portugal"),
        ("pt", "Portugal"),
        ("Espanha", "Spain"),
        ("ESP", "Spain"),
        ("Estados Unidos", "United States"),
        ("UK", "UK"),
    ],
)
async def test_a_country_travels_under_the_vendors_own_name(
    harness: Harness, written: str, travels: str
) -> None:
    """Trap 22: "Country PT was not found"."""
    await harness.call("create_invoice", invoice(client={"name": "Nova", "code": "NOVA", "country": written}))
    assert harness.get_last_body()["client"]["country"] == travels


@pytest.mark.parametrize("country", ["Portugall", "XX", "Europa", "Lisboa", 351])
def test_a_country_that_is_none_is_refused_with_what_is_near(country: Any) -> None:
    new = {"name": "Nova", "code": "NOVA", "country": country}
    found = judge("create_invoice", invoice(client=new), client_by_code=None)
    if country == "Portugall":
        assert "Portugal" in found["client.country"]
    assert "client.country" in found


@pytest.mark.parametrize(
    "email",
    [
        "ana",
        "ana@",
        "@acme.pt",
        "ana@acme",
        "ana@acme..pt",
        "ana acme@acme.pt",
        "ana@acme.pt, rui@acme.pt",
        "ana@acme.pt\nBcc: x@y.pt",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    found = judge("create_invoice", invoice(client={**NEW, "email": email}), client_by_code=None)
    assert "ana@example.pt" in found["client.email"]


@pytest.mark.parametrize("email", ["ana@acme.pt", "ana.sa+faturas@sub.acme.co.uk", "josé@padaria.pt"])
async def test_an_address_passes_as_it_is(harness: Harness, email: str) -> None:
    await harness.call("create_invoice", invoice(client={**NEW, "email": email}))
    assert harness.get_last_body()["client"]["email"] == email


def test_an_unknown_client_field_is_refused() -> None:
    found = judge("create_invoice", invoice(client={**NEW, "nif": "508025338"}), client_by_code=None)
    assert "unknown field" in found["client.nif"]


async def test_an_update_keeps_the_client_and_may_name_another(harness: Harness) -> None:
    draft = await harness.create_draft()
    await harness.call("update_invoice", document_arguments(draft, reference="A"))
    assert harness.get_last_body()["client"] == {"id": "501", "name": "ACME, Lda", "code": "ACME"}
    other = await harness.call("update_invoice", document_arguments(draft, client={"code": "BETA"}))
    assert other["document"]["client"]["name"] == "Beta GmbH"
    assert "client.name" in await harness.get_refusal(
        "update_invoice", document_arguments(draft, client={"code": "BETA", "name": "ACME, Lda"})
    )


async def test_an_update_of_a_sale_to_the_final_consumer_makes_no_client(harness: Harness) -> None:
    draft = await harness.create_draft(client=None, document_type="simplified_invoices")
    await harness.call("update_invoice", document_arguments(draft, reference="balcão 2"))
    assert "client" not in harness.get_last_body()


async def test_a_look_up_that_fails_is_not_read_as_nobody(harness: Harness) -> None:
    """Reading 14: an outage while looking must not end in a second client."""
    harness.sandbox.fault("GET", "find-by-code", times=None, status=502, body="<html>Bad Gateway</html>")
    error = await harness.get_error("create_invoice", invoice())
    assert (error.sent, harness.list_writes()) == ("nothing", [])
    assert str(error).endswith("Nothing was sent.")


async def test_a_miss_by_name_may_be_a_500_and_is_checked_in_the_list(harness: Harness) -> None:
    """Reading 14."""
    harness.sandbox.set_option("find_by_name_500", True)
    assert (await harness.call("create_invoice", invoice(client=NEW)))["ok"]
    assert "/clients.json" in [one["path"] for one in harness.sandbox.requests()]
