"""Run the steps of `make release-check`, one after the other, and tell what each took."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.release.nocode import check_n8n, check_zapier
from tools.release.project import ROOT
from tools.release.shell import Failed, Skipped
from tools.release.steps import (
    check_bundle,
    check_hosts,
    check_image,
    check_metadata,
    check_sbom,
    check_sdist,
    check_server_json,
    check_site,
    check_systems,
    check_workflows,
)

STEPS: dict[str, Callable[[Path], str]] = {
    "server": check_server_json,
    "workflows": check_workflows,
    "systems": check_systems,
    "metadata": check_metadata,
    "bundle": check_bundle,
    "site": check_site,
    "sbom": check_sbom,
    "hosts": check_hosts,
    "image": check_image,
    "sdist": check_sdist,
    "n8n": check_n8n,
    "zapier": check_zapier,
}


def main(names: Sequence[str]) -> int:
    """Run the steps named, or all of them. Return 1 if one failed."""
    if unknown := [name for name in names if name not in STEPS]:
        print(f"No step is called {' or '.join(unknown)}. There are: {' '.join(STEPS)}")
        return 2
    failed = []
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="ix-release-") as folder:
        for name in names or STEPS:
            began = time.perf_counter()
            work = Path(folder) / name
            work.mkdir()
            try:
                word, said = "ok     ", STEPS[name](work)
            except Skipped as reason:
                word, said = "skipped", str(reason)
            except Failed as problem:
                word, said = "FAILED ", str(problem)
                failed.append(name)
            print(f"{word} {name:<10}{time.perf_counter() - began:6.1f} s  {said}", flush=True)
    if failed:
        print(f"Failed: {' '.join(failed)}. To see one again: make release-check STEPS={failed[0]}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
