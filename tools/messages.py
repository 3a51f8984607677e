"""The catalogues of messages: `python -m tools.messages write` (or `check`).

Every `message(…)` and `message_plural(…)` in ix_tools/ needs an entry in each
ix_tools/i18n/locale/<language>/LC_MESSAGES/ix_tools.po. `write` adds entries to translate and removes those that the
source no longer has; `check` fails for a missing, fuzzy or unused entry, a wrong placeholder, or an id that is not
written out.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import normalize, read_po

from ix_tools.demo import build_parser as build_demo_parser
from ix_tools.i18n.catalogue import DOMAIN
from ix_tools.i18n.messages import PLACEHOLDER
from ix_tools.i18n.parser_help import list_parser_texts
from ix_tools.interfaces.chat.main import build_parser as build_chat_parser
from ix_tools.interfaces.cli.commands import list_help_texts
from ix_tools.interfaces.mcp.stdio import build_parser as build_stdio_parser
from ix_tools.interfaces.server.main import build_parser as build_server_parser

ROOT = Path(__file__).resolve().parents[1]
CALLS = {
    "message": 1,
    "message_plural": 2,
    "message_template": 1,
    "message_plural_template": 2,
    "Printed": 1,
    "ColumnHeading": 1,
}
"""What makes a message, and the number of texts it takes."""
FILLED_LATER = frozenset({"message_template", "message_plural_template"})
"""Calls that get their values where the text is shown."""
HEADER = {
    "Project-Id-Version": "ix-tools",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}

Ids = tuple[str, ...]
"""The texts of a message: one, or those for one and for several."""


def main(arguments: Sequence[str]) -> int:
    """Write the catalogues, or print what is wrong with them; return the exit code."""
    if list(arguments) not in (["write"], ["check"]):
        print(__doc__)
        return 2
    faults: list[str] = []
    used = {*extract_messages((ROOT / "ix_tools").rglob("*.py"), faults), *extract_help()}
    for path in sorted((ROOT / "ix_tools/i18n/locale").glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        with path.open("rb") as lines:
            catalogue = read_po(lines, locale=path.parts[-3])
        if arguments[0] == "write":
            path.write_text(format_catalogue(catalogue, used), encoding="utf-8")
        else:
            faults += [f"{path.relative_to(ROOT)}: {fault}" for fault in find_faults(catalogue, used)]
            if path.read_text(encoding="utf-8") != format_catalogue(catalogue, used):
                faults.append(f"{path.relative_to(ROOT)}: not as `python -m tools.messages write` writes it")
    print("\n".join(faults) or f"{len(used)} messages")
    return 1 if faults else 0


def extract_messages(paths: Iterable[Path], faults: list[str]) -> Iterator[Ids]:
    """Yield the messages of source files, and add calls that the catalogues cannot know to `faults`."""
    for path in sorted(paths):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS):
                continue
            where = f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{node.lineno}"
            ids = tuple(one.value for one in node.args if isinstance(one, ast.Constant))
            if len(ids) != CALLS[node.func.id] or len(node.args) != len(ids) or not all(ids):
                faults.append(f"{where}: the text of a message must be written out, and its values named")
                continue
            given = {one.arg for one in node.keywords if one.arg}
            wanted = {*PLACEHOLDER.findall("".join(map(str, ids)))}
            if (
                node.func.id not in FILLED_LATER
                and None not in (one.arg for one in node.keywords)
                and (given - {"count"} != wanted - {"count"} or ("count" in wanted and "count" not in given))
            ):
                faults.append(f"{where}: placeholders are {sorted(wanted)}, values are {sorted(given)}")
            yield tuple(map(str, ids))


def extract_help() -> Iterator[Ids]:
    """Yield the texts of the command line's help, which are docstrings, titles and descriptions of options."""
    yield from ((text,) for text in list_help_texts() if text)
    yield from (
        (text,)
        for parser in (build_stdio_parser(), build_server_parser(), build_chat_parser(), build_demo_parser())
        for text in list_parser_texts(parser)
    )


def find_faults(catalogue: Catalog, used: set[Ids]) -> Iterator[str]:
    """Yield what is wrong with a catalogue: a missing, unused or fuzzy entry, or a wrong placeholder."""
    entries = {_get_ids(one.id): one for one in catalogue if one.id}
    yield from (f"not used any more: {ids[0]!r}" for ids in sorted(entries.keys() - used))
    for ids in sorted(used):
        entry = entries.get(ids)
        texts = _get_ids(entry.string) if entry else ()
        if entry is None or not all(texts):
            yield f"not translated: {ids[0]!r}"
        elif entry.fuzzy:
            yield f"fuzzy: {ids[0]!r}"
        # A plural form may leave the number out: "one line".
        optional = {"count"} if len(ids) > 1 else set()
        for id, text in zip(ids, texts, strict=False):
            wanted = {*PLACEHOLDER.findall(id)}
            if text and ({*PLACEHOLDER.findall(text)} ^ wanted) - optional:
                yield f"other placeholders than {sorted(wanted)}: {text!r}"


def format_catalogue(catalogue: Catalog, used: set[Ids]) -> str:
    """Return a catalogue (.po) of the messages in use, by id, without what changes with every run."""
    header = "".join(f'"{name}: {value}\\n"\n' for name, value in HEADER.items())
    parts = [
        f'# Texts of ix-tools. Translate `msgstr`; placeholders such as {{day}} stay.\nmsgid ""\nmsgstr ""\n{header}'
    ]
    known = {_get_ids(one.id): one for one in catalogue if one.id}
    for ids in sorted(used):
        entry = known.get(ids)
        texts = _get_ids(entry.string) if entry else ()
        comment = "#, fuzzy\n" if entry and entry.fuzzy else ""
        if len(ids) == 1:
            text = texts[0] if texts else ""
            parts.append(f"{comment}msgid {_quote(ids[0])}\nmsgstr {_quote(text)}\n")
        else:
            forms = (*texts, "", "")[:2]
            lines = "".join(f"msgstr[{at}] {_quote(text)}\n" for at, text in enumerate(forms))
            parts.append(f"{comment}msgid {_quote(ids[0])}\nmsgid_plural {_quote(ids[1])}\n{lines}")
    return "\n".join(parts)


def _quote(text: str) -> str:
    return normalize(text, width=0)


def _get_ids(text: str | Sequence[str] | None) -> Ids:
    return (text,) if isinstance(text, str) else tuple(text or ())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
