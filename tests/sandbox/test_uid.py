"""Sandbox, proprietary_uid: the same uid returns the same document, and one in progress is refused."""

from __future__ import annotations

import threading

import httpx2
import pytest

from tests.sandbox.api import SandboxApi


def send(api: SandboxApi, uid: str, path: str = "/invoices.json") -> httpx2.Response:
    return api.post(path, {"invoice": api.body(), "proprietary_uid": uid})


def interrupted(api: SandboxApi) -> None:
    assert send(api, "order-1").status_code == 201


def test_the_same_uid_answers_the_original_and_makes_no_second_row(api: SandboxApi) -> None:
    first = send(api, "order-1")
    other = api.post(
        "/invoices.json", {"invoice": api.body(reference="changed"), "proprietary_uid": "order-1"}
    )
    assert (first.status_code, other.status_code) == (201, 201)
    assert other.json() == first.json()
    assert api.get("/invoices.json").json()["pagination"]["total_entries"] == 1


def test_other_uids_make_other_documents(api: SandboxApi) -> None:
    assert send(api, "a").json()["invoice"]["id"] != send(api, "b").json()["invoice"]["id"]


def test_a_uid_inside_the_document_does_not_count(api: SandboxApi) -> None:
    body = {"invoice": api.body(proprietary_uid="order-1")}
    assert api.post("/invoices.json", body).json() != api.post("/invoices.json", body).json()


def test_estimates_and_guides_know_no_uid(api: SandboxApi) -> None:
    body = {"quote": api.body(), "proprietary_uid": "order-1"}
    assert api.post("/quotes.json", body).json() != api.post("/quotes.json", body).json()


@pytest.mark.parametrize(("option", "same"), [("old", True), ("new", False)])
def test_a_cancelled_document_keeps_its_uid_unless_told_otherwise(
    api: SandboxApi, option: str, same: bool
) -> None:
    """Reading 16: the service's behaviour is not known."""
    api.sandbox.set_option("uid_after_cancel", option)
    first = send(api, "order-1").json()["invoice"]
    api.change_state("invoice", first, "deleted")
    again = send(api, "order-1").json()["invoice"]
    assert (again["id"] == first["id"]) is same
    assert again["status"] == ("deleted" if same else "draft")


def test_a_uid_under_way_is_a_conflict_and_nobody_else_waits(api: SandboxApi) -> None:
    api.sandbox.fault(method="POST", path="^/invoices", delay=60)
    slow = SandboxApi(api.sandbox)
    with slow.http:
        waiting = threading.Thread(target=interrupted, args=(slow,))
        waiting.start()
        assert api.sandbox.wait_for_request("POST", "/invoices.json", 100)
        conflict = send(api, "order-1")
        assert conflict.status_code == 409
        assert conflict.json() == {
            "reason": "There's an ongoing document creation with the provided UID order-1"
        }
        assert send(api, "order-2").status_code == 201
        api.sandbox.clear_faults()  # this ends running delays too
        waiting.join()
    assert send(api, "order-1").json()["invoice"]["id"] == 1002


def test_many_at_once_make_one_document(api: SandboxApi) -> None:
    statuses: list[int] = []

    def race() -> None:
        other = SandboxApi(api.sandbox)
        with other.http:
            statuses.append(send(other, "order-1").status_code)

    threads = [threading.Thread(target=race) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert api.get("/invoices.json").json()["pagination"]["total_entries"] == 1
