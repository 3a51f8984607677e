"""Sandbox, accounts: creating and updating them, and communication with the tax authority."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ix_tools.sandbox.seeds import PASSWORD
from tests.sandbox.api import SandboxApi

NEW = {
    "organization_name": "Casa Nova, Lda",
    "email": "ana@casa-nova.example",
    "password": "segredo",
    "terms": "1",
}
OWNER = {"email": "contas@oficina-das-faturas.example", "password": PASSWORD}
SECRET = base64.b64encode(b"palavra-passe").decode()
OWN = {"organization_name": "Oficina das Faturas, Lda", **OWNER, "terms": "1"}


def opened(api: SandboxApi, path: str = "create", **changes: Any) -> Any:
    return api.post(f"/api/accounts/{path}.json", {"account": {**NEW, **changes}})


def read(api: SandboxApi, account_id: Any = 1) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/api/accounts/{account_id}/get.json").json()["account"]
    return found


def changed(api: SandboxApi, account_id: Any = 1, **changes: Any) -> Any:
    return api.put(f"/api/accounts/{account_id}/update.json", {"account": {**OWN, **changes}})


def test_an_account_is_opened_with_a_key_that_is_never_shown_again(api: SandboxApi) -> None:
    answer = opened(api, fiscal_id="508112230")
    account = answer.json()["account"]
    assert answer.status_code == 201
    assert (account["name"], account["state"]) == ("Casa Nova, Lda", "active")
    assert account["url"] == "https://casanovalda.app.invoicexpress.example"
    assert len(account["api_key"]) == 40
    shown = read(api, account["id"])
    assert shown == {
        "organization_name": "Casa Nova, Lda", "fiscal_id": "508112230", "email": "ana@casa-nova.example",
        "state": "active", "at_configured": False, "trial": True,
    }  # fmt: skip
    assert api.http.get("/taxes.json", params={"api_key": account["api_key"]}).status_code == 401


def test_a_user_who_is_there_opens_one_more(api: SandboxApi) -> None:
    answer = opened(api, "create_already_user", **OWNER)
    assert answer.status_code == 200
    assert read(api, answer.json()["account"]["id"])["email"] == OWNER["email"]


@pytest.mark.parametrize("changes", [{}, {**OWNER, "password": "guessed"}])
def test_nobody_opens_one_in_the_name_of_another(api: SandboxApi, changes: dict[str, str]) -> None:
    answer = opened(api, "create_already_user", **changes)
    assert (answer.status_code, answer.json()) == (422, {"errors": {"error": "Owner Owner is invalid"}})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"organization_name": ""}, "Organization name can't be blank"),
        ({"organization_name": "Oficina das Faturas, Lda"}, "Name has already been taken"),
        ({"email": ""}, "Email is a required field"),
        ({"email": "nobody"}, "Email must be an email address"),
        ({"email": OWNER["email"]}, "Owner Owner is invalid"),
        ({"password": ""}, "Password can't be blank"),
        ({"terms": "0"}, "Terms and Conditions must be accepted"),
        ({"fiscal_id": "508112231"}, "Vat Number is invalid"),
        ({"fiscal_id": "509442013"}, "Vat Number is already used in another account"),
        ({"tax_country": "4"}, "Tax country is not included in the list"),
        ({"language": "fr"}, "Language is not included in the list"),
    ],
)
def test_a_wrong_account_is_refused_with_one_error(
    api: SandboxApi, changes: dict[str, str], message: str
) -> None:
    answer = opened(api, **changes)
    assert (answer.status_code, answer.json()) == (422, {"errors": {"error": message}})
    assert api.get("/api/accounts/2/get.json").status_code == 404


def test_the_account_of_the_box_is_read_and_another_is_not_there(api: SandboxApi) -> None:
    assert read(api) == {
        "organization_name": "Oficina das Faturas, Lda", "fiscal_id": "509442013", "email": OWNER["email"],
        "state": "active", "at_configured": True, "trial": False,
    }  # fmt: skip
    missing = api.get("/api/accounts/9/get.json")
    assert (missing.status_code, missing.content) == (404, b"")
    assert changed(api, 9).status_code == 404


def test_a_changed_account_is_answered_with_nothing_and_has_changed(api: SandboxApi) -> None:
    answer = changed(api, organization_name="Oficina Nova, Lda", fiscal_id="509442013", city="Braga")
    assert (answer.status_code, answer.content) == (200, b"")
    assert read(api)["organization_name"] == "Oficina Nova, Lda"
    assert opened(api, "create_already_user", **OWNER).status_code == 200


@pytest.mark.parametrize(
    ("changes", "pairs"),
    [
        ({"organization_name": ""}, ["organization_name", "can't be blank"]),
        ({"email": "x"}, ["email", "is invalid"]),
        ({"password": ""}, ["password", "can't be blank"]),
        ({"terms": "0"}, ["terms", "must be accepted"]),
        ({"fiscal_id": "1"}, ["fiscal_id", "is invalid"]),
        ({"fiscal_id": "508112230"}, ["fiscal_id", "can't be changed"]),
        ({"postal_code": "1000"}, ["postal_code", "must have the following format DDDD-DDD"]),
        (
            {"credentials": {"username": "509442013/1", "password": "not base64"}},
            ["credentials", "is invalid"],
        ),
        ({"credentials": {"username": "509442013", "password": SECRET}}, ["credentials", "is invalid"]),
        ({"credentials": "x"}, ["credentials", "is invalid"]),
        ({"email": "", "terms": ""}, ["email", "can't be blank", "terms", "must be accepted"]),
    ],
)
def test_a_wrong_change_is_refused_in_flat_pairs(
    api: SandboxApi, changes: dict[str, Any], pairs: list[str]
) -> None:
    answer = changed(api, **changes)
    assert (answer.status_code, answer.json()) == (422, pairs)


def test_the_documents_carry_the_name_the_account_has(api: SandboxApi) -> None:
    changed(api, organization_name="Oficina Nova, Lda")
    api.create_issued()
    api.sandbox.set_option("saft_polls", 0)
    url = api.get("/api/export_saft.json", year="2026", month="11").json()["url"]
    assert "<CompanyName>Oficina Nova, Lda</CompanyName>" in api.http.get(url).text


# the tax authority


def read_account(api: SandboxApi, **changes: Any) -> Any:
    sent = {"at_subuser": "509442013/1", "at_password": SECRET, "communication_type": "auto", **changes}
    return api.post("/api/v3/accounts/at_communication.json", {"at_communication": sent})


@pytest.mark.parametrize("way", ["communication", "credentials"])
def test_without_credentials_no_series_is_registered_and_with_them_it_is(api: SandboxApi, way: str) -> None:
    """C12."""
    api.sandbox.set_option("at_credentials", False)
    assert read(api)["at_configured"] is False
    refused = api.put("/sequences/70020/register.json")
    assert (refused.status_code, refused.json()["code"]) == (422, "002")
    refused = api.post("/sequences.json", {"sequence": {"serie": "C2026"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "004")
    if way == "communication":
        answer = read_account(api)
        assert (answer.status_code, answer.json()) == (200, {"success": "true"})
    else:
        changed(api, credentials={"username": "509442013/1", "password": SECRET})
    assert read(api)["at_configured"] is True
    assert api.put("/sequences/70020/register.json").status_code == 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"at_subuser": "1"}, "The field at_subuser has an incorrect size"),
        ({"at_subuser": ""}, "The field at_subuser has an incorrect size"),
        ({"at_subuser": "509442013-1"}, "The field at_subuser is invalid"),
        ({"at_password": "palavra-passe"}, "The field at_password is invalid"),
        ({"at_password": ""}, "The field at_password is invalid"),
        ({"communication_type": "sometimes"}, "The field communication_type is invalid"),
    ],
)
def test_wrong_credentials_are_refused_with_one_error(
    api: SandboxApi, changes: dict[str, str], message: str
) -> None:
    answer = read_account(api, **changes)
    assert (answer.status_code, answer.json()) == (422, {"errors": {"error": message}})


def test_an_account_in_its_trial_does_not_speak_to_the_authority(api: SandboxApi) -> None:
    """C12."""
    api.sandbox.set_option("trial", True)
    assert read(api)["trial"] is True
    assert read_account(api).status_code == 422
    assert api.put("/sequences/70020/register.json").json()["code"] == "002"
