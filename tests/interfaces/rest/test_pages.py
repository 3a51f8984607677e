"""The REST interface's pages are served without external resources."""

from __future__ import annotations

import re

import pytest

from ix_tools.error_codes import ERROR_CODES
from ix_tools.schemas.openapi import build_openapi
from ix_tools.schemas.openapi2 import convert_to_swagger
from tests.interfaces.rest.caller import ADDRESS, Caller


@pytest.mark.parametrize("path", ["/docs", "/problems"])
async def test_a_page_names_only_what_this_server_serves(caller: Caller, path: str) -> None:
    page = await caller.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert named
    for one in set(named) - {"data:,"}:
        assert one.startswith("/")
        assert (await caller.get(one)).status_code == 200
    assert not re.search(r"<script(?! src=)|<style| on\w+=| style=", page.text)


@pytest.mark.parametrize("path", ["/docs", "/docs/page.js", "/openapi.json", "/problems"])
async def test_a_browser_is_told_to_load_nothing_from_elsewhere(caller: Caller, path: str) -> None:
    policy = (await caller.get(path)).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"unsafe|http|\*", policy)


async def test_both_documents_are_served_with_the_address_of_the_server(caller: Caller) -> None:
    assert (await caller.get("/openapi.json")).json() == build_openapi(ADDRESS)
    assert (await caller.get("/swagger.json")).json() == convert_to_swagger(build_openapi(ADDRESS))
    some = (await caller.get("/openapi.json?toolsets=core,payments")).json()
    assert some == build_openapi(ADDRESS, ["core", "payments"])
    wrong = await caller.get("/openapi.json?toolsets=sales")
    assert (wrong.status_code, wrong.json()["problems"][0]["field"]) == (422, "toolsets")


async def test_the_type_of_every_problem_leads_to_a_row(caller: Caller) -> None:
    page = (await caller.get("/problems")).text
    assert [code for code in ERROR_CODES if f'id="{code}"' not in page] == []
