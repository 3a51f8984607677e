"""Answers to approval forms as hosts return them, and the check that a person can have given them.

    accept, with the form filled in    approved or rejected by a person
    decline                            rejected by a person
    cancel                             unanswered: the question was closed
    unreadable, failed                 unanswered: invalid by the protocol, or the host could not show the question
    any of them, faster than a person can read    unanswered: the host answered by itself

An unanswered question is neither approved nor rejected. The person is then asked on a page or in a terminal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from ix_tools.approvals.known_hosts import find_known_host
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import NO_MESSAGE, Message, join_messages, message, verbatim
from ix_tools.text.sanitize import sanitize_line

HostAction = Literal["accept", "decline", "cancel", "unreadable", "failed"]
MAX_REASON_LENGTH = 500
"""Characters of a person's reason that are stored."""


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """An answer as the host returned it."""

    action: HostAction
    at: float
    """When it arrived, in seconds of the store's clock."""
    problem: Message = NO_MESSAGE
    """The problem with an unreadable answer or a question that could not be shown."""


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """A question that the host returned without a person's answer."""

    answer: HostAnswer
    seconds: float
    """Seconds from showing the question to its answer."""
    is_too_fast: bool

    @property
    def outcome(self) -> str:
        """A few words for the audit trail."""
        how = f"{self.answer.action} after {max(self.seconds, 0):.2f} s"
        return f"nobody answered: {how}{', too fast for a person' if self.is_too_fast else ''}"

    def explain(self, host: str) -> Message:
        """Explain to the caller that nobody answered, and why that is known."""
        reason = message(
            "Nobody answered: {what}. This is neither an approval nor a refusal.", what=self._describe()
        )
        found = find_known_host(host)
        if found is None:
            return reason
        known = message(
            "A known property of {host}: {property}.",
            host=found.title,
            property=found.answers_by_itself,
        )
        return join_messages([reason, known], " ")

    def _describe(self) -> Message:
        action, after = self.answer.action, Decimal(max(self.seconds, 0)).quantize(Decimal("0.01"))
        if action == "unreadable":
            return message("the host's answer cannot be read ({problem})", problem=self.answer.problem)
        if action == "failed":
            return message("the host could not show the question ({problem})", problem=self.answer.problem)
        if self.is_too_fast:
            said = {
                "accept": Bilingual("aceitou", "accepted"),
                "decline": Bilingual("recusou", "declined"),
                "cancel": Bilingual("cancelou", "cancelled"),
            }[action]
            return message(
                "the host {answered} after {time} s, faster than a person can read", answered=said, time=after
            )
        return message("the question was cancelled after {time} s, neither approved nor rejected", time=after)


def detect_unanswered(
    answer: HostAnswer | None, asked_at: float, shortest: float
) -> UnansweredQuestion | None:
    """Return why an answer does not count as a person's; None if it may be one.

    Args:
        asked_at: when the host was handed the question, by the same clock as `answer.at`.
        shortest: the seconds a person needs at least; 0 accepts answers however fast. A clock that was set back makes
            an answer too fast.
    """
    if answer is None:
        return None
    seconds = answer.at - asked_at
    # `not >=` instead of `<`, so that NaN counts as too fast.
    too_fast = shortest > 0 and not seconds >= shortest
    if answer.action in {"cancel", "unreadable", "failed"} or too_fast:
        return UnansweredQuestion(answer, seconds, too_fast)
    return None


def find_form_problem(content: Any, wanted: Mapping[str, bool]) -> Message:
    """Describe what is wrong with the fields of an accepted form; no message if nothing is.

    Args:
        wanted: the names of the form's boxes, each with True if it is required.
    """
    if content is None:
        return message("accept without the form's fields")
    if not isinstance(content, Mapping):
        return message("content is {found}, not fields", found=_name_json_type(content))
    for name, required in wanted.items():
        if name not in content:
            if required:
                return message("the form's field {name} is missing", name=name)
        elif not isinstance(content[name], bool):
            return _build_field_problem(name, content[name], message("true or false"))
    if "reason" in content and not isinstance(content["reason"], str | None):
        return _build_field_problem("reason", content["reason"], message("text"))
    return NO_MESSAGE


def find_answer_problem(answer: Any) -> Message:
    """Describe what is wrong with a raw answer; no message if it is a valid `ElicitResult`."""
    if not isinstance(answer, Mapping):
        return message("it is {found}, not an object with an action", found=_name_json_type(answer))
    action = answer.get("action")
    if "action" not in answer:
        return message("it has no action")
    if action not in ("accept", "decline", "cancel"):
        shown = f"'{sanitize_line(action)[:40]}'" if isinstance(action, str) else _name_json_type(action)
        return message("its action is {found}, not accept, decline or cancel", found=shown)
    content = answer.get("content")
    if content is not None and not isinstance(content, Mapping):
        return message("its content is {found}, not fields", found=_name_json_type(content))
    for name, value in (content or {}).items():
        if not isinstance(value, str | int | float | None) and not _is_list_of_texts(value):
            return _build_field_problem(sanitize_line(str(name))[:40], value, message("a single value"))
    return NO_MESSAGE


def _build_field_problem(name: str, value: Any, wanted: Message) -> Message:
    return message(
        "the form's field {name} is {found}, not {wanted}",
        name=name,
        found=_name_json_type(value),
        wanted=wanted,
    )


def read_reason(content: Any) -> str:
    """Return the reason given in the form, on one line and without invisible characters."""
    given = content.get("reason") if isinstance(content, Mapping) else None
    return sanitize_line(given.strip())[:MAX_REASON_LENGTH] if isinstance(given, str) else ""


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _name_json_type(value: Any) -> Message:
    """Name the JSON type of a value."""
    if value is None:
        return message("null")
    if isinstance(value, bool):
        return message("true or false")
    kinds: tuple[tuple[Any, Message], ...] = (
        (str, message("text")),
        (int | float, message("a number")),
        (list, message("a list")),
        (Mapping, message("an object")),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), verbatim(type(value).__name__))
