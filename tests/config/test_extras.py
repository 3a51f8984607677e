"""What an installation lacks is named, with the command that adds it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ix_tools.config import extras
from ix_tools.config.extras import FEATURES, build_install_command, format_install_command, load_extra
from ix_tools.errors import SettingsError

ROOT = Path(__file__).resolve().parents[2]


def test_every_extra_of_the_package_is_known() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(FEATURES) == set(project["optional-dependencies"])


def test_a_missing_package_is_one_sentence_with_the_command() -> None:
    with pytest.raises(SettingsError) as caught, load_extra("slack"):
        import a_package_that_nobody_installed  # type: ignore[import-not-found]  # noqa: F401
    assert caught.value.code == "extra_missing"
    assert str(caught.value) == "Slack: not part of this installation. Nothing was sent."
    assert str(caught.value.next) == f"to add it, run: {format_install_command('slack')}"
    assert caught.value.format_for_person("pt").startswith("Slack: não faz parte desta instalação. ")


def test_a_module_of_our_own_that_is_missing_is_a_defect_and_stays_one() -> None:
    with pytest.raises(ModuleNotFoundError), load_extra("slack"):
        import ix_tools.there_is_no_such_module  # type: ignore[import-not-found]  # noqa: F401


def test_another_error_in_the_block_is_not_explained_away() -> None:
    with pytest.raises(ZeroDivisionError), load_extra("slack"):
        _ = 1 // 0


@pytest.mark.parametrize(
    ("marker", "source", "command"),
    [
        ("uv-receipt.toml", "ix-tools==0.2.0", ["uv", "tool", "install", "ix-tools[postgres,slack]"]),
        ("pipx_metadata.json", "", ["pipx", "install", "--force", "ix-tools[postgres,slack]"]),
        ("pyvenv.cfg", "ix-tools==0.2.0", ["PYTHON", "-m", "pip", "install", "ix-tools[postgres,slack]"]),
        (
            "pyvenv.cfg",
            "git+https://example.com/x@1",
            ["PYTHON", "-m", "pip", "install", "ix-tools[postgres,slack] @ git+https://example.com/x@1"],
        ),
        (
            "pyvenv.cfg",
            "/srv/ix",
            ["PYTHON", "-m", "pip", "install", "ix-tools[postgres,slack] @ file:///srv/ix"],
        ),
    ],
)
def test_the_command_is_that_of_the_program_that_made_the_environment(
    marker: str, source: str, command: list[str], tmp_path: Path
) -> None:
    (tmp_path / marker).touch()
    assert build_install_command(["postgres", "slack"], tmp_path, "PYTHON", source) == command


def test_without_pip_uv_installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    words = build_install_command(["slack"], tmp_path, "PYTHON", "")
    assert words == ["uv", "pip", "install", "--python", "PYTHON", "ix-tools[slack]"]


def test_an_environment_of_uvx_is_not_changed_but_started_with_the_extra(tmp_path: Path) -> None:
    words = build_install_command(["slack"], tmp_path / "archive-v0" / "x", "PYTHON", "ix-tools==0.2.0")
    assert words == ["uvx", "--from", "ix-tools[slack]", "ix-tools"]


def test_extras_that_are_there_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool is installed anew with exactly what the command names."""
    named = ['slack-bolt>=1; extra == "slack"', 'psycopg[binary]>=3; extra == "postgres"', "anyio>=4"]
    monkeypatch.setattr(extras, "_list_requirements", lambda: named)
    monkeypatch.setattr(extras, "_is_installed", lambda package: package == "psycopg")
    assert extras.list_installed_extras() == ["postgres"]
    assert "ix-tools[postgres,slack]" in format_install_command("slack").replace("'", "")


def test_what_needs_an_extra_later_asks_for_it_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package under a further condition is never needed: a faster event loop that Windows does not have."""
    named = ['dbos>=3; extra == "server"', "uvloop>=0.21; (sys_platform != 'win32') and extra == 'server'"]
    monkeypatch.setattr(extras, "_list_requirements", lambda: named)
    monkeypatch.setattr(extras, "_is_installed", lambda package: package == "dbos")
    extras.require_extra("server")
    monkeypatch.setattr(extras, "_is_installed", lambda package: False)
    with pytest.raises(SettingsError, match="The HTTP server: not part of this installation"):
        extras.require_extra("server")


@pytest.mark.parametrize("words", [["serve", "--http", "--sandbox"], ["serve", "--sandbox"]])
def test_a_server_that_lacks_its_extra_does_not_start(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hollow = tmp_path / "sitecustomize.py"
    hollow.write_text(
        "from importlib import metadata\nversion = metadata.version\n"
        "def without(name):\n    if name == 'dbos': raise metadata.PackageNotFoundError(name)\n    return version(name)\n"
        "metadata.version = without\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("INVOICEXPRESS_WHEN_APPROVED", "run")
    done = subprocess.run(
        [sys.executable, "-m", "ix_tools", *words],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Servidor HTTP: não faz parte desta instalação. Nada foi enviado. ")
    assert "ix-tools[" in done.stderr
