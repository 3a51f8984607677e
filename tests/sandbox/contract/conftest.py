"""Print the numbers of the contract tests in pytest's summary."""

from __future__ import annotations

import sys
from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the numbers of calls and responses."""
    loaded = sys.modules.get("tests.sandbox.contract.campaign")
    if loaded is None or not loaded.RUN:
        return
    from tests.sandbox.contract.description import load_differences

    campaigns = loaded.RUN.values()
    answers = Counter(answer.status for campaign in campaigns for answer in campaign.answers)
    unexplained = sum(len(campaign.failures) for campaign in campaigns)
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(answers.items()))
    terminalreporter.section("the vendor's description")
    terminalreporter.write_line(f"{len(campaigns)} operations called {answers.total()} times ({statuses})")
    terminalreporter.write_line(
        f"{len(load_differences())} differences listed, {unexplained} answers unexplained"
    )
