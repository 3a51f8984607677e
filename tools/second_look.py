"""A second look at tests that failed: `python -m tools.second_look`, after `make test`.

A test with real processes or a browser can fail once because the machine was busy. Up to MOST tests that failed run
again, each REPEATS times, one after the other, with nothing beside them. The status is 0 only when every run passed.
What failed once and then passed is named: it is a fault of the test, or a rare one of the product, and is to be found.
More failures than that, or a run that did not reach its end, are not looked at twice.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".pytest_cache" / "v"
MOST = 3
REPEATS = 3


def main() -> int:
    """Run the failed tests again and tell the result."""
    try:
        failed = sorted(json.loads((CACHE / "cache" / "lastfailed").read_text(encoding="utf-8")))
        status = json.loads((CACHE / "ix_tools" / "exit_status").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        print("second look: no list of failed tests; the failure stands.")
        return 1
    if status != pytest.ExitCode.TESTS_FAILED:
        print("second look: the run did not reach its end; the failure stands.")
        return 1
    if not failed or len(failed) > MOST or not all("::" in name for name in failed):
        print(f"second look: {len(failed)} failures are not looked at twice; the failure stands.")
        return 1
    for name in failed:
        for _ in range(REPEATS):
            command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", name]
            if subprocess.run(command, cwd=ROOT, check=False).returncode:
                print(f"second look: {name} failed again; the failure stands.")
                return 1
    for name in failed:
        print(
            f"UNSTEADY: {name} failed once and passed {REPEATS} times alone. The test is at fault: mend it."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
