"""Run with folders for data of its own: neither what the user keeps there nor their settings take part, and nothing is left."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

FOLDERS = ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@contextmanager
def own_home() -> Iterator[None]:
    """Set the folders and clear the settings, for this process and those that it starts, for as long as the block lasts."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="ix-home-", ignore_cleanup_errors=True) as folder:
        for name in [name for name in os.environ if name.startswith("INVOICEXPRESS_")]:
            del os.environ[name]
        os.environ |= {name: f"{folder}/{name.lower()}" for name in FOLDERS} | {"IX_TOOLS_CONFIG": ""}
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
