"""A field's docstring is the only description of the field; schemas, help and reference read it."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from ix_tools.domain import field_docs as room
from ix_tools.domain.field_docs import DescribedModel, read_field_docs
from ix_tools.domain.types import Call
from ix_tools.operations.taxes import ListTaxes
from ix_tools.schemas import json_schema


class Box(Call):
    """The class's own docstring is nobody's field."""

    kept: ClassVar[int] = 1
    """Of the class, not of a call."""
    width: int
    """How wide,
    from side to side.
    """
    height: int
    depth: int = 1
    """How deep."""

    def volume(self) -> int:
        """No field either."""
        return self.width * self.height * self.depth

    class Lid(Call):
        """A class inside."""

        width: int
        """The lid's own width."""


class Crate(Box):
    """Inherits, adds, and declares again."""

    height: int
    """How high."""
    depth: int = 2
    nails: int = 0
    """How many nails."""


def inside() -> type[Call]:
    class Local(Call):
        """A class of a function."""

        seen: bool
        """Whether it was seen."""

    return Local


MEANINGS: tuple[tuple[type[Call], Mapping[str, str]], ...] = (
    (Box.Lid, {"width": "The lid's own width."}),
    (
        Crate,
        {
            "width": "How wide,\nfrom side to side.",
            "height": "How high.",
            "depth": "",
            "nails": "How many nails.",
        },
    ),
    (inside(), {"seen": "Whether it was seen."}),
)


@pytest.mark.parametrize(("model", "expected"), MEANINGS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_field_means_what_stands_under_it(model: type[Call], expected: Mapping[str, str]) -> None:
    assert read_field_docs(model) == expected
    properties = model.model_json_schema()["properties"]
    assert {name: one.get("description", "") for name, one in properties.items()} == expected


def test_a_field_that_refers_to_a_model_keeps_its_own_meaning() -> None:
    class Shelf(DescribedModel):
        """Two boxes."""

        upper: Box.Lid
        """The upper one."""
        lower: Box.Lid | None = None
        """The lower one."""

    whole: dict[str, Any] = Shelf.model_json_schema()
    assert {name: one["description"] for name, one in whole["properties"].items()} == read_field_docs(Shelf)
    assert whole["$defs"]["Lid"]["properties"]["width"]["description"] == "The lid's own width."


def test_making_a_class_reads_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> str:
        raise AssertionError("a source was read")

    monkeypatch.setattr("inspect.getsource", read)
    monkeypatch.setattr("inspect.getsourcelines", read)
    monkeypatch.setattr("inspect.findsource", read)
    assert inside().model_validate({"seen": True}).model_dump() == {"seen": True}


def test_without_its_source_an_operation_has_no_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> str:
        raise OSError("could not get source code")

    class Bare(ListTaxes):
        """List them. Source: none."""

        region: str | None = None
        """Which region."""

    monkeypatch.setattr("inspect.getsource", missing)
    room.read_field_docs.cache_clear()
    room._parse_module.cache_clear()
    try:
        with pytest.raises(ValueError, match="list_taxes: not described: "):
            json_schema.build_input_schema(Bare)
    finally:
        room.read_field_docs.cache_clear()
        room._parse_module.cache_clear()
