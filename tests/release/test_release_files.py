"""What a release is made of agrees with pyproject.toml and with the schemas of those who read it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from tools.release import registry
from tools.release.bundle import build_manifest, write_bundle
from tools.release.project import ROOT, read_project

PROJECT = read_project()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def validate(entry: object) -> list[str]:
    schema = json.loads((ROOT / "tests/vendor/mcp_registry/server.schema.json").read_text(encoding="utf-8"))
    return [one.message for one in jsonschema.Draft7Validator(schema).iter_errors(entry)]


def test_the_registrys_entry_is_fresh_and_valid() -> None:
    """`python -m tools.release.registry write` renews it."""
    stored = json.loads(registry.FILE.read_text(encoding="utf-8"))
    assert stored == registry.build_server_json(PROJECT)
    assert validate(stored) == []
    assert validate({**stored, "description": "x" * 101}), "the schema is not asked"


def test_a_released_bundle_is_named_with_its_digest(tmp_path: Path) -> None:
    bundle = tmp_path / PROJECT.bundle
    bundle.write_bytes(b"abc")
    entry = registry.build_server_json(PROJECT, bundle)
    assert validate(entry) == []
    found = entry["packages"][-1]
    assert found["fileSha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert "mcp" in found["identifier"]


def test_the_bundle_keeps_the_key_secret_and_can_be_tried_without_an_account(tmp_path: Path) -> None:
    manifest = build_manifest(PROJECT)
    fields = manifest["user_config"]
    assert fields["api_key"]["sensitive"] is True
    assert not any(one["required"] for one in fields.values()), "the sandbox needs neither account nor key"
    used = set(re.findall(r"\$\{user_config\.(\w+)\}", json.dumps(manifest["server"])))
    assert used == set(fields)
    write_bundle(tmp_path, PROJECT)
    assert f"ix-tools=={PROJECT.version}" in (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    assert {one.name for one in tmp_path.iterdir()} == {
        "manifest.json",
        "pyproject.toml",
        "server.py",
        "icon.png",
        "LICENSE",
    }


def test_the_image_names_the_project(tmp_path: Path) -> None:
    text = (ROOT / "packaging" / "Dockerfile").read_text(encoding="utf-8")
    assert f'io.modelcontextprotocol.server.name="{PROJECT.server_name}"' in text
    assert f'org.opencontainers.image.source="{PROJECT.repository}"' in text
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_pins_its_actions_and_begins_without_rights(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    loose = [
        line
        for line in re.findall(r"uses: (\S+.*)", text)
        if not re.fullmatch(r"\S+@[0-9a-f]{40} # v\S+", line)
    ]
    assert loose == []
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def test_each_step_that_publishes_has_an_environment_of_its_own() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))["jobs"]
    places = [job["environment"] for name, job in jobs.items() if name != "build"]
    assert len(places) == len(set(places)) == len(jobs) - 1
    assert "contents" not in jobs["packages"]["permissions"]


def test_the_icon_is_the_size_that_hosts_ask_for() -> None:
    head = (ROOT / "packaging" / "icon.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (512, 512)
