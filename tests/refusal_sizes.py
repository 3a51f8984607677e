"""How many bytes a problem of a refusal may have, in both languages."""

import json
import re
from collections.abc import Iterable

from ix_tools.errors import Problem

MAX_PROBLEM_BYTES = 250
"""Bytes of a problem with both languages, as JSON, without what it lists as allowed."""
MAX_RULE_BYTES = 770
"""The same of a rule, which says the law, the buyer that it requires and the lawful case that remains, so that nobody has to guess."""
_LAW = re.compile(r"\b(?:CIVA|CIRS|RITI|LGT|DL|Decree-Law|Decreto|Portaria|M\d\d)\b")
_QUOTES = ("{changes}", "{named}", "{text}")
"""Values that are as long as what an item of the account says, a list of its clients, or an answer of InvoiceXpress."""


def list_long_problems(problems: Iterable[Problem]) -> list[tuple[int, str]]:
    """Return the problems that are longer than their limit, with their bytes."""
    found = []
    for one in problems:
        shown = {name: text for name, text in one.as_dict("pt").items() if name != "allowed"}
        text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        limit = MAX_RULE_BYTES if _LAW.search(str(one.problem)) else MAX_PROBLEM_BYTES
        size = len(text.encode())
        if size > limit and not any(value in one.problem.id for value in _QUOTES):
            found.append((size, text))
    return found
