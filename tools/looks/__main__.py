"""Look at every page and let axe-core read it: `make looks`, or `make looks ARGS="-k sign"`.

axe-core, from npm at the version of the lock file, reads each page that the tests of pages visit: in Portuguese and English, light and
dark, on a phone and a desk. A violation of any rule is a failure. The pictures are left in out/pages.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).parent
FOLDER = ROOT / ".venv" / "looks"
TESTS = (
    "tests/interfaces/web/test_appearance.py",
    "tests/interfaces/web/test_inbox_in_a_browser.py",
    "tests/interfaces/web/test_provider_in_a_browser.py",
    "tests/interfaces/web/test_overview.py",
)


def install_axe() -> Path:
    """Install axe-core from npm, once for each lock file, and return its script."""
    digest = hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = FOLDER / digest
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=folder, check=True)
    return script


def main(arguments: Sequence[str]) -> int:
    """Run the tests of pages with everything that people may see."""
    more = {"IX_TOOLS_TEST_LOOKS": "all", "IX_TOOLS_TEST_AXE": str(install_axe())}
    command = [sys.executable, "-m", "pytest", "-q", *TESTS, *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
