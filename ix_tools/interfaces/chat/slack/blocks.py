"""Cards, questions and forms as Slack's blocks. Every text is `plain_text`, in which Slack reads no mentions, links or emoji."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ix_tools.interfaces.chat.conversation.shapes import Button, Card, Confirmation, Form

SECTION, HEADER, LABEL, VALUE = 3000, 150, 75, 2000
"""Most characters of a section, a header, a button's label and its value."""
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
MODAL_TITLE = 24
FORM = "ix-form"
ACTION = "ix-"
Block = dict[str, Any]


def _plain(text: str, most: int) -> Block:
    shown = text if len(text) <= most else f"{text[: most - 1]}…"
    return {"type": "plain_text", "text": shown or " ", "emoji": False}


def build_text(text: str, buttons: Sequence[Button] = (), title: str = "") -> list[Block]:
    """Build the blocks of a text with buttons."""
    return list(_build_blocks(text, buttons, title))


def build_card(card: Card) -> list[Block]:
    """Build the blocks of a card."""
    return build_text(card.text, card.buttons, card.title)


def _build_blocks(text: str, buttons: Sequence[Button], title: str) -> Iterator[Block]:
    if title:
        yield {"type": "header", "text": _plain(title, HEADER)}
    for part in split(text, SECTION):
        yield {"type": "section", "text": _plain(part, SECTION)}
    if buttons:
        yield {"type": "actions", "elements": [_build_button(one, at) for at, one in enumerate(buttons)]}


def split(text: str, most: int) -> Iterator[str]:
    """Yield a text in parts, at line breaks where that is possible."""
    while len(text) > most:
        cut = text.rfind("\n", 1, most)
        cut = cut if cut > 0 else most
        yield text[:cut]
        text = text[cut:].lstrip("\n")
    yield text


def _build_button(button: Button, number: int) -> Block:
    built: Block = {
        "type": "button",
        "action_id": f"{ACTION}{number}",
        "text": _plain(button.label, LABEL),
        "value": button.value[:VALUE],
    }
    if button.style:
        built["style"] = button.style
    if button.url:
        built["url"] = button.url
    if button.confirmation is not None:
        built["confirm"] = _build_confirmation(button.confirmation)
    return built


def _build_confirmation(asks: Confirmation) -> Block:
    return {
        "title": _plain(asks.title, CONFIRM_TITLE),
        "text": _plain(asks.text, CONFIRM_TEXT),
        "confirm": _plain(asks.yes, CONFIRM_BUTTON),
        "deny": _plain(asks.no, CONFIRM_BUTTON),
    }


def build_modal(form: Form, room: str) -> Block:
    """Build a form as a modal, which remembers its room and the start of its sentence."""
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": json.dumps({"room": room, "kept": form.sentence_start}),
        "title": _plain(form.title, MODAL_TITLE),
        "submit": _plain(form.submit, MODAL_TITLE),
        "close": _plain(form.cancel, MODAL_TITLE),
        "blocks": [
            {
                "type": "input",
                "block_id": one.name,
                "optional": one.is_optional,
                "label": _plain(one.label, 2000),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "value",
                    **({"initial_value": one.value} if one.value else {}),
                },
            }
            for one in form.fields
        ],
    }


def read_modal(view: Block) -> tuple[dict[str, str], str, str]:
    """Return the values of a submitted form, the start of its sentence, and its room."""
    kept = json.loads(view.get("private_metadata") or "{}")
    values = {
        name: (held.get("value") or {}).get("value") or "" for name, held in view["state"]["values"].items()
    }
    return values, str(kept.get("kept", "")), str(kept.get("room", ""))
