"""What is to be known of an operation stands with it: no table elsewhere is kept by operation name."""

from __future__ import annotations

import ast
from pathlib import Path

import ix_tools
from ix_tools.operations.registry import catalogue

PACKAGE = Path(ix_tools.__file__).parent
EXCEPTIONS = {
    "fiscal/series_codes.py": "the tax authority's refusals mean different things per request, as the vendor's page lists them",
    "i18n/approval_texts.py": "keys are what a preview says it does, several for one operation; some are called like the operation",
}


def tables_by_name(source: str) -> set[str]:
    """The operation names that are keys, values or members of a literal table."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        parts: list[ast.expr | None] = []
        if isinstance(node, ast.Dict):
            parts = [*node.keys, *node.values]
        elif isinstance(node, ast.Tuple | ast.List | ast.Set):
            parts = [*node.elts]
        found |= {one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found & set(catalogue())


def test_no_table_outside_the_operations_is_kept_by_operation_name() -> None:
    """A scope, heading or keyword in another file is forgotten with the next operation: it belongs in its spec."""
    found = {
        name: tables
        for path in sorted(PACKAGE.rglob("*.py"))
        if (name := path.relative_to(PACKAGE).as_posix()).partition("/")[0] not in {"operations", "sandbox"}
        and (tables := tables_by_name(path.read_text(encoding="utf-8")))
    }
    assert set(found) == set(EXCEPTIONS), found


def test_a_table_by_name_is_seen() -> None:
    assert tables_by_name("X = {'create_tax': 1}") == {"create_tax"}
    assert tables_by_name("X = frozenset({'create_tax', 'odd'})") == {"create_tax"}
    assert tables_by_name("await sending.perform('create_tax', {})") == set()
