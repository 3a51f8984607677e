"""What a host says that a person answered, and whether it can have been a person.

    accept, with the form filled in    a person's yes or no
    decline                            a person's no
    cancel                             nobody's answer: the question was closed, by whomever
    unreadable, failed                 nobody's answer: not one that the protocol knows, or the question could not be put
    any of them, faster than a person can read    nobody's answer: the host gave it by itself

Nobody's answer is neither a yes nor a no. It uses nothing up, and the person is asked on a page or in a terminal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ix_tools.approvals.known_hosts import find_known_host
from ix_tools.text.sanitize import sanitize_line

HostAction = Literal["accept", "decline", "cancel", "unreadable", "failed"]
MAX_REASON_LENGTH = 500
"""Characters of a person's reason that are kept."""


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """An answer as a host brought it back."""

    action: HostAction
    at: float
    """When it came back, in seconds of the approvals' clock."""
    problem: str = ""
    """Of an unreadable answer, or a question that could not be put: what is wrong."""


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """A question that came back without a person's answer."""

    answer: HostAnswer
    seconds: float
    """How long after it was put."""
    is_too_fast: bool

    @property
    def outcome(self) -> str:
        """In a few words, for the audit trail."""
        how = f"{self.answer.action} after {max(self.seconds, 0):.2f} s"
        return f"nobody answered: {how}{', too fast for a person' if self.is_too_fast else ''}"

    def explain(self, host: str) -> str:
        """In a sentence or two, for whoever called."""
        action, after = self.answer.action, f"{max(self.seconds, 0):.2f} s"
        if action == "unreadable":
            what = f"the host's answer cannot be read ({self.answer.problem})"
        elif action == "failed":
            what = f"the host could not put the question ({self.answer.problem})"
        elif self.is_too_fast:
            said = {"accept": "accepted", "decline": "declined", "cancel": "cancelled"}[action]
            what = f"the host {said} after {after}, faster than a person can read"
        else:
            what = f"the question was cancelled after {after}, without a yes or a no"
        found = find_known_host(host)
        by_itself = f" Of {found.title} it is known that {found.answers_by_itself}." if found else ""
        return f"Nobody answered: {what}. This is neither an approval nor a refusal.{by_itself}"


def detect_unanswered(
    answer: HostAnswer | None, asked_at: float, shortest: float
) -> UnansweredQuestion | None:
    """Why an answer is nobody's; None where it may be a person's.

    `asked_at`: when the question was handed to the host, by the same clock as `answer.at`. `shortest`: the seconds that a
    person needs at least; 0 takes answers however fast they come. A clock that was set back makes an answer too fast.
    """
    if answer is None:
        return None
    seconds = answer.at - asked_at
    # Written so that a comparison that cannot be made (not a number) is too fast, too.
    too_fast = shortest > 0 and not seconds >= shortest
    if answer.action in {"cancel", "unreadable", "failed"} or too_fast:
        return UnansweredQuestion(answer, seconds, too_fast)
    return None


def find_form_problem(content: Any, wanted: Mapping[str, bool]) -> str:
    """What is wrong with the fields of an accepted form; empty where each is as asked.

    `wanted`: the boxes of the form, and whether the form says that they must be filled in.
    """
    if not isinstance(content, Mapping):
        return (
            "accept without the form's fields"
            if content is None
            else f"content is {_name_json_type(content)}, not fields"
        )
    for name, required in wanted.items():
        if name not in content:
            if required:
                return f"the form's field {name} is missing"
        elif not isinstance(content[name], bool):
            return f"the form's field {name} is {_name_json_type(content[name])}, not true or false"
    if "reason" in content and not isinstance(content["reason"], str | None):
        return f"the form's field reason is {_name_json_type(content['reason'])}, not text"
    return ""


def find_answer_problem(answer: Any) -> str:
    """What is wrong with an answer as it came over the wire; empty where the protocol knows it (`ElicitResult`)."""
    if not isinstance(answer, Mapping):
        return f"it is {_name_json_type(answer)}, not an object with an action"
    action = answer.get("action")
    if action not in ("accept", "decline", "cancel"):
        shown = sanitize_line(action)[:40] if isinstance(action, str) else _name_json_type(action)
        return (
            f"its action is {shown!r}, not accept, decline or cancel"
            if "action" in answer
            else "it has no action"
        )
    content = answer.get("content")
    if content is not None and not isinstance(content, Mapping):
        return f"its content is {_name_json_type(content)}, not fields"
    for name, value in (content or {}).items():
        if not isinstance(value, str | int | float | None) and not _is_list_of_texts(value):
            return f"the form's field {sanitize_line(str(name))[:40]} is {_name_json_type(value)}, not a single value"
    return ""


def read_reason(content: Any) -> str:
    """The reason that a person gave in the form, on one line and without invisible characters."""
    given = content.get("reason") if isinstance(content, Mapping) else None
    return sanitize_line(given.strip())[:MAX_REASON_LENGTH] if isinstance(given, str) else ""


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _name_json_type(value: Any) -> str:
    """The JSON type of a value, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    kinds = ((str, "text"), (int | float, "a number"), (list, "a list"), (Mapping, "an object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), type(value).__name__)
