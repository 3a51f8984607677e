"""Write or check what is generated for no-code platforms: `python -m tools.nocode write` (or `check`)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tools.nocode import n8n, zapier
from tools.release.project import ROOT, read_project


def build_contents() -> dict[Path, str]:
    """Return every generated file, by its path in the project, with its content."""
    project = read_project()
    return {**n8n.build_files(project), **zapier.build_files(project)}


def main(argv: Sequence[str], root: Path = ROOT) -> int:
    """Write stale files, or list them."""
    if list(argv) not in (["write"], ["check"]):
        print("python -m tools.nocode write|check", file=sys.stderr)
        return 2
    wanted = build_contents()
    stale = [
        path
        for path, text in wanted.items()
        if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text
    ]
    left = sorted(
        one.relative_to(root)
        for one in (root / n8n.RESOURCES).glob("*.ts")
        if one.relative_to(root) not in wanted
    )
    if list(argv) == ["check"]:
        for path in stale + left:
            print(f"{path}: {'left over' if path in left else 'stale or missing'}", file=sys.stderr)
        print("make schemas writes them again." if stale + left else "Everything is up to date.")
        return int(bool(stale + left))
    for path in stale:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(wanted[path], encoding="utf-8")
        print(f"{path}: written")
    for path in left:
        (root / path).unlink()
        print(f"{path}: removed")
    if not stale + left:
        print("Everything is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
