"""Read the OpenAPI document: each tool of the REST interface, with its fields, as every platform's generator needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ix_tools.operations.registry import TOOLSETS
from ix_tools.schemas.openapi import JSON, PDF, build_openapi

Kind = Literal[
    "text", "email", "password", "number", "integer", "boolean", "choice", "texts", "choices", "record", "records", "json"
]  # fmt: skip
CAPITALS = {
    "id": "ID",
    "url": "URL",
    "pdf": "PDF",
    "vat": "VAT",
    "qr": "QR",
    "mb": "MB",
    "at": "AT",
    "json": "JSON",
    "uid": "UID",
}
SMALL = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}
TITLES = {"core": "Everyday", "batches": "Batch", "saft": "SAF-T", "taxes": "Tax", "treasury": "Treasury"}
"""Names of toolsets that their identifier does not say."""
PLATFORM_FIELDS = ("when_approved",)
"""Fields of a request that a platform's own settings decide."""


@dataclass(frozen=True)
class Field:
    """A field of a request."""

    name: str
    kind: Kind
    description: str
    required: bool
    default: Any = None
    choices: tuple[Any, ...] = ()
    children: tuple[Field, ...] = ()

    @property
    def title(self) -> str:
        """Its name for people."""
        return make_title(self.name.replace("_", " "))


@dataclass(frozen=True)
class Tool:
    """A tool of the REST interface."""

    name: str
    toolset: str
    summary: str
    description: str
    fields: tuple[Field, ...]
    reads: bool
    may_wait: bool
    """Whether a person may have to approve it first."""
    has_key: bool
    """Whether it takes an idempotency key."""
    returns_pdf: bool
    rows: str
    """Name of the list in its result if the list has pages, or empty."""
    example: Mapping[str, Any]


def read_tools() -> list[Tool]:
    """Return the tools in the order of the document."""
    document = build_openapi()
    return [
        _read_tool(path.removeprefix("/tools/"), methods["post"])
        for path, methods in document["paths"].items()
        if path.startswith("/tools/")
    ]


def read_toolsets(tools: Sequence[Tool]) -> dict[str, list[Tool]]:
    """Return the tools by toolset, the everyday ones first."""
    return {name: [one for one in tools if one.toolset == name] for name in TOOLSETS}


def make_toolset_title(name: str) -> str:
    """Return the name of what a toolset is about, for people: one of it."""
    return TITLES.get(name) or make_title(name.removesuffix("s"))


def make_title(words: str) -> str:
    """Write words as a heading: capitals except for small words inside."""
    found = words.split()
    return " ".join(_capitalize(word, is_inside=0 < at < len(found) - 1) for at, word in enumerate(found))


def _capitalize(word: str, *, is_inside: bool) -> str:
    if is_inside and word.lower() in SMALL:
        return word.lower()
    if word.lower() in CAPITALS:
        return CAPITALS[word.lower()]
    return word if any(one.isupper() for one in word[1:]) else word[:1].upper() + word[1:]


def _read_tool(name: str, operation: Mapping[str, Any]) -> Tool:
    body = operation["requestBody"]["content"][JSON]
    done = operation["responses"]["200"]["content"]
    result = done[JSON]["schema"]["properties"]
    fields = tuple(one for one in _read_fields(body["schema"]) if one.name not in PLATFORM_FIELDS)
    rows = [
        key
        for key, one in result.items()
        if one.get("type") == "array" and one.get("items", {}).get("type") == "object"
    ]
    return Tool(
        name=name,
        toolset=operation["tags"][0],
        summary=operation["summary"],
        description=operation["description"],
        fields=fields,
        reads="undo" not in result,
        may_wait="202" in operation["responses"],
        has_key=any(one.name == "idempotency_key" for one in fields),
        returns_pdf=PDF in done,
        rows=rows[0] if "next_page" in result and rows else "",
        example=body["example"],
    )


def _read_fields(schema: Mapping[str, Any]) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        kind, children = _read_kind(one)
        choices = one.get("enum") or one.get("items", {}).get("enum") or ()
        yield Field(
            name,
            kind,
            one.get("description", ""),
            name in required,
            one.get("default"),
            tuple(choices),
            children,
        )


def _read_kind(schema: Mapping[str, Any]) -> tuple[Kind, tuple[Field, ...]]:
    match schema:
        case {"type": "array", "items": {"type": "object", "properties": _} as row}:
            return "records", tuple(_read_fields(row))
        case {"type": "array", "items": {"type": "object" | "array"}}:
            return "json", ()
        case {"type": "array", "items": {"enum": _}}:
            return "choices", ()
        case {"type": "array"}:
            return "texts", ()
        case {"type": "object", "properties": _}:
            return "record", tuple(_read_fields(schema))
        case {"type": "object"}:
            return "json", ()
        case {"type": "string" | "integer" | "number", "enum": _}:
            return "choice", ()
        case {"type": "string", "format": "email" | "password" as form}:
            return ("email" if form == "email" else "password"), ()
        case {"type": "string"}:
            return "text", ()
        case {"type": "integer" | "number" | "boolean" as scalar}:
            return scalar, ()
    raise ValueError(f"no platform has a field for {schema}")
