"""Search all operations by words in Portuguese or English, and describe them, for hosts that list only some tools."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from ix_tools.config.settings import Settings
from ix_tools.errors import InvalidArguments, Problem
from ix_tools.fiscal.exemptions import split_words
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import Message, message, message_template, verbatim
from ix_tools.operations.access import get_disabled_reason
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import TOOLSETS, catalogue, map_toolsets
from ix_tools.operations.spec import Effect
from ix_tools.schemas.json_schema import build_input_schema, get_description
from ix_tools.schemas.parameter_texts import describe_parameters
from ix_tools.schemas.search_words import count_matches, read_search_words
from ix_tools.text.fuzzy_match import find_closest

MAX_RESULTS = 12
"""Upper limit for the operations found; no toolset has more."""
MIN_RESULTS = 3
"""Operations that are shown even if the first one scores much higher: what people say has no end, and the right one is rarely far."""
MIN_STEM_LENGTH = 4
"""Minimum length of a word that matches every word it begins, such as fatur or invoic."""
MAX_DESCRIPTION = 2_150
"""Bytes of a description, beside which a result has its next step."""
EVERYDAY_WEIGHT = 12
"""Weight of each word of an everyday phrase that a text matches whole, beside at most 8 for a word of an operation's name."""
NEAR_SHARE = 0.4
"""Share of the best score that an operation needs to be shown."""
CLEAR_LEAD = 1.25
"""How many times the second score a first one must be to be clear."""
STOP_WORDS = frozenset(
    split_words(
        "a o as os um uma de do da dos das em no na nos nas para por com que e ou ao aos se eu me meu minha meus minhas este esta deste "
        "desta isto quero preciso posso como qual quais the an of to for in on and or how do does did is are i my me we our us this that "
        "what which want need can please with it has have will be there"
    )
)
APPROVED_BY = {True: "a person, every call", False: "nobody needed"}
WHAT_TO_TRY = message_template(
    "nothing matches: say what should happen to what, in Portuguese or English, e.g. `faturas por pagar` or `credit note`, "
    "or give the name of a toolset: {toolsets}"
)


@dataclass(frozen=True, slots=True)
class Found:
    """Operations that match a text."""

    operations: list[dict[str, Any]]
    is_clear: bool = False
    """True if the first one is clearly meant."""
    impossible: Bilingual | None = None
    """Why what is asked for cannot be done, if it cannot."""
    hint: Message | None = None
    """What to try, if nothing matches."""


def find_operations(text: str, settings: Settings) -> Found:
    """Return the operations that match a text, best first: what people say for them counts most, then the words of their texts."""
    words = split_words(text)
    allowed = [one for one in catalogue().values() if get_disabled_reason(one.spec, settings) is None]
    scores = {one: _score(one, words) for one in allowed}
    toolset = text.strip().lower()
    if toolset in TOOLSETS:
        inside = sorted((one for one in allowed if one in TOOLSETS[toolset]), key=lambda one: -scores[one])
        return Found([summarize_operation(one) for one in inside])
    known = read_search_words()
    cannot = max(known.impossible, key=lambda one: count_matches(one.said, words))
    stop = count_matches(cannot.said, words)
    best = max(scores.values(), default=0)
    ranked = sorted((one for one in allowed if scores[one] > 0), key=lambda one: -scores[one])
    near = [one for at, one in enumerate(ranked) if scores[one] > NEAR_SHARE * best or at < MIN_RESULTS]
    # What cannot be done is said also where an operation sounds like it, but not where its own words say more.
    is_impossible = stop > 0 and (stop + 1) * EVERYDAY_WEIGHT + EVERYDAY_WEIGHT > best
    if is_impossible:
        near = [one for one in allowed if one.spec.name == cannot.instead]
    second = scores[near[1]] if len(near) > 1 else 0
    return Found(
        [summarize_operation(one) for one in near[:MAX_RESULTS]],
        is_clear=bool(near) and not is_impossible and best >= max(EVERYDAY_WEIGHT, CLEAR_LEAD * second),
        impossible=cannot.why if is_impossible else None,
        hint=None if near or is_impossible else WHAT_TO_TRY.fill(toolsets=", ".join(TOOLSETS)),
    )


def _score(operation: type[Operation[Any]], words: list[str]) -> float:
    """Return how well a text matches an operation."""
    name = operation.spec.name
    if words == split_words(name.replace("_", " ")):
        return 1_000
    said = read_search_words().everyday.get(name, ())
    telling = [word for word in words if word not in STOP_WORDS]
    weights = [_score_word(word, name) for word in telling]
    if not telling:
        return 0
    return EVERYDAY_WEIGHT * count_matches(said, words) + sum(weights) * sum(map(bool, weights)) / len(
        telling
    )


def describe_operation(
    name: str,
    settings: Settings,
    parameter: str = "",
    adapt: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return what a caller must know of an operation, briefly; or everything about one of its parameters.

    Args:
        adapt: Changes the schema to what is possible where the call comes from.

    Raises: the refusal when the settings do not allow it.
    """
    operation = get_operation(name)
    spec = operation.spec
    if (refusal := get_disabled_reason(spec, settings)) is not None:
        raise refusal
    schema = build_input_schema(operation)
    if adapt is not None:
        schema = adapt(schema)
    if parameter:
        return {
            **summarize_operation(operation),
            "parameter_schema": {parameter: _get_parameter(name, schema, parameter)},
        }
    head = {
        **summarize_operation(operation),
        "does": get_description(operation),
        "example": dict(spec.example),
    }
    size = len(json.dumps(head, ensure_ascii=False, default=str).encode())
    return {**head, **describe_parameters(schema, MAX_DESCRIPTION - size)}


def _get_parameter(name: str, schema: Mapping[str, Any], parameter: str) -> Any:
    found = schema["properties"].get(parameter)
    if found is None:
        raise InvalidArguments(
            message("{name} has no parameter '{parameter}'.", name=name, parameter=parameter[:64]),
            problems=[
                Problem(
                    "parameter",
                    message("is not one of its parameters"),
                    verbatim(", ".join(schema["properties"])),
                )
            ],
            next=message("leave parameter out, or give one of them"),
        )
    return found


def summarize_operation(operation: type[Operation[Any]]) -> dict[str, Any]:
    """Return an operation's name, first sentence, effect, approver and toolset."""
    spec = operation.spec
    by = (
        "whoever approves what it runs"
        if spec.effect is Effect.ANY
        else APPROVED_BY[spec.effect.needs_approval]
    )
    return {
        "operation": spec.name,
        "does": get_description(operation).split("\n")[0].split(". ")[0].rstrip(".") + ".",
        "effect": spec.effect.value,
        "approved_by": by,
        "toolset": map_toolsets()[spec.name],
    }


def get_operation(name: str) -> type[Operation[Any]]:
    """Return an operation by name.

    Raises: InvalidArguments with similar names when there is none.
    """
    operation = catalogue().get(name)
    if operation is None:
        near = ", ".join(find_closest(name, catalogue(), 3, 0.6))
        raise InvalidArguments(
            message("There is no tool called '{name}'.", name=name[:64]),
            code="unknown_tool",
            next=(
                message("call {near} if that is meant, or find it by words with search_operations", near=near)
                if near
                else message("find it by words with search_operations")
            ),
        )
    return operation


def _score_word(wanted: str, name: str) -> int:
    """Return the weight of a word for an operation: highest in its name, lowest in its description and values."""
    meant = _list_meanings(wanted)
    return max(
        (weight for word, weight in _get_weighted_words(name) for one in meant if _is_match(one, word)),
        default=0,
    )


@lru_cache(maxsize=256)
def _list_meanings(wanted: str) -> frozenset[str]:
    """Return a word and its synonyms."""
    synonyms = (
        words
        for beginning, words in read_search_words().synonyms.items()
        if wanted == beginning or (len(beginning) >= MIN_STEM_LENGTH and wanted.startswith(beginning))
    )
    return frozenset({wanted.removesuffix("s")}.union(*synonyms))


def _is_match(one: str, other: str) -> bool:
    return one == other or (
        min(len(one), len(other)) >= MIN_STEM_LENGTH and (other.startswith(one) or one == f"{other}s")
    )


@cache
def _get_weighted_words(name: str) -> tuple[tuple[str, int], ...]:
    return tuple(_weigh_words(catalogue()[name]))


def _weigh_words(operation: type[Operation[Any]]) -> Iterator[tuple[str, int]]:
    schema = build_input_schema(operation)["properties"]
    values = " ".join(str(value) for one in schema.values() for value in one.get("enum", ()))
    texts = {
        operation.spec.name: 8,
        operation.spec.title: 5,
        operation.spec.keywords: 5,
        map_toolsets()[operation.spec.name]: 3,
        get_description(operation): 2,
        values: 1,
    }
    for text, weight in texts.items():
        yield from ((word, weight) for word in split_words(text.replace("_", " ")))
