"""Versioned storage of previews: conversion of older versions, refusal of unreadable ones."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from ix_tools.approvals.joint_preview import JointPreview
from ix_tools.approvals.preview import ApprovalPreview
from ix_tools.approvals.refusals import build_outdated_refusal

VERSION = 3
"""Raise it when the fields of a preview change, and add a converter from the version before."""


def dump_preview(preview: ApprovalPreview) -> str:
    """Return the stored form of a preview, with its version."""
    fields = preview.model_dump(mode="json", exclude_defaults=True)
    return json.dumps({"version": VERSION, **fields}, ensure_ascii=False)


def load_preview(stored: str) -> ApprovalPreview:
    """Read a stored preview of this or an older version.

    Raises:
        ApprovalRefused: a newer version of ix-tools stored it, or its content is invalid.
    """
    preview = _read(stored)
    if preview is None:
        raise build_outdated_refusal()
    return preview


def is_readable(stored: str) -> bool:
    """Check that a stored preview can be read; an approval without one needs no reading."""
    return not stored or _read(stored) is not None


def _read(stored: str) -> ApprovalPreview | None:
    try:
        fields = json.loads(stored)
        version = fields.pop("version", 1)
        while version in _CONVERTERS:
            fields = _CONVERTERS[version](fields)
            version += 1
        model = JointPreview if "documents" in fields else ApprovalPreview
        return model.model_validate_json(json.dumps(fields)) if version == VERSION else None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ValidationError):
        return None


def _list_printed_texts(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Convert version 1, in which two printed texts of a document could be fields of their own."""
    paper = fields.get("paper")
    if not paper or not {"reference", "observations"} & set(paper):
        return dict(fields)
    rest = {name: value for name, value in paper.items() if name not in {"reference", "observations"}}
    printed = [
        {"field": name, "lines": paper[name]} for name in ("reference", "observations") if paper.get(name)
    ]
    return {**fields, "paper": {**rest, "printed": printed}}


def _name_warnings_by_language(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Convert version 2, in which a warning had its text in English and, for some, in Portuguese."""
    warnings = [
        {
            "field": one["field"],
            "problem": {
                "id": "{text}",
                "values": {"text": {"names": [one.get("pt") or one["problem"], one["problem"]]}},
            },
        }
        for one in fields.get("warnings", ())
    ]
    return {**fields, "warnings": warnings}


_CONVERTERS: dict[int, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    1: _list_printed_texts,
    2: _name_warnings_by_language,
}
"""By version: the conversion to the next one."""
