"""Rules of the project that no other tool checks."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ix_tools

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(ROOT.glob("requirements/*.txt"))
LINES = 450

# Composed of parts, so that this file does not match itself.
MACHINE = re.compile(r"(?<![\w.~$}-])/(?:" + "|".join(["home", "root", "Users", "work"]) + r")/\w")
INDEX = re.compile("|".join([r"\bpypi" + r"\.", "python" + "hosted", "index" + "-url"]), re.IGNORECASE)


def tracked() -> list[Path]:
    """Return the files that git tracks or would track; in an unpacked source distribution, all files."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(listing, capture_output=True, check=True, encoding="utf-8").stdout.split("\0")
        paths = [ROOT / name for name in names if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*") if ".venv" not in path.parts]
    return sorted(path for path in paths if path.is_file())


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Return the matches of a pattern in text files, as file:line: text."""
    found = []
    for path in tracked():
        content = path.read_bytes()
        where = path.relative_to(ROOT).as_posix()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{where}:{number}: {line.strip()[:120]}")
    return found


def pins(lock: Path) -> dict[str, str]:
    """Return name and version of every package that a lock file pins."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "ix_tools").rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > LINES} == {}


def test_every_folder_of_python_says_what_it_is_for() -> None:
    folders = {path.parent for path in (ROOT / "ix_tools").rglob("*.py")}
    silent = [
        folder.relative_to(ROOT).as_posix()
        for folder in folders
        if not (folder / "__init__.py").is_file()
        or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    ]
    assert sorted(silent) == []


def test_no_rooms_without_a_trade() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc"}
    assert [path for path in (ROOT / "ix_tools").rglob("*") if path.stem in vague] == []


def test_the_package_has_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == ix_tools.__version__


def test_the_package_tells_type_checkers_that_it_is_typed() -> None:
    assert (ROOT / "ix_tools" / "py.typed").is_file()


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert lines_with(MACHINE) == []


def test_no_file_names_a_package_index() -> None:
    # The schema is the registry's own, unchanged, and lists the indexes of several languages.
    schema = "tests/vendor/mcp_registry/server.schema.json"
    assert [line for line in lines_with(INDEX) if not line.startswith(schema)] == []


def test_every_script_of_the_gate_is_executable() -> None:
    scripts = [ROOT / ".ci" / "run", ROOT / "tools" / "check"]
    assert [script for script in scripts if not script.stat().st_mode & 0o100] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_holds_nothing_but_pinned_packages_and_their_hashes(lock: Path) -> None:
    entry = re.compile(r"#.*|    #.*|[a-z0-9-]+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    lines = lock.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not entry.fullmatch(line)] == []


def test_the_locks_agree() -> None:
    dev, runtime, build = (
        pins(ROOT / "requirements" / f"{name}.txt") for name in ("dev", "runtime", "build")
    )
    assert dev == dev | runtime | build


def test_the_locks_hold_every_dependency_at_a_version_it_allows() -> None:
    """`make lock` renews them after a change of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    wanted = {
        "runtime": project["project"]["dependencies"],
        "build": [*groups["build"], *project["build-system"]["requires"]],
        "dev": [entry for entry in groups["dev"] if isinstance(entry, str)],
    }
    missing = []
    for lock, requirements in wanted.items():
        pinned = pins(ROOT / "requirements" / f"{lock}.txt")
        for requirement in map(Requirement, requirements):
            version = pinned.get(canonicalize_name(requirement.name), "")
            if not version or not requirement.specifier.contains(version):
                missing.append(f"{lock}: {requirement} is {version or 'not there'}")
    assert missing == []


def test_every_call_says_through_which_interface_it_came() -> None:
    """Code of an interface must name it, so that a policy about that interface applies."""
    silent = []
    calls = 0
    for path in sorted((ROOT / "ix_tools" / "interfaces").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in {"execute", "fetch_pdf"}:
                calls += 1
                if not any(keyword.arg in {"face", "origin"} for keyword in node.keywords):
                    silent.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert calls > 5
    assert silent == []
