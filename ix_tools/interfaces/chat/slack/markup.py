"""Slack's forms of plain text: what people typed, out of its markup, and texts in which it reads no markup."""

import html
import re

LINK = re.compile(r"<(?:mailto:|tel:|https?://)[^<>|]*\|([^<>|]*)>|<((?:https?://|mailto:|tel:)[^<>|]*)>")
REFERENCE = re.compile(r"<[@#!]([A-Za-z0-9^-]+)(?:\|([^<>|]*))?>")


def read_text(text: str) -> str:
    """Return a message as it was typed: links as their labels, `&amp;` as `&`, mentions as plain text."""
    text = LINK.sub(lambda found: found[1] or found[2].removeprefix("mailto:").removeprefix("tel:"), text)
    text = REFERENCE.sub(lambda found: f"@{found[2] or found[1]}", text)
    return html.unescape(re.sub(r"&(?!amp;|lt;|gt;)", "&amp;", text))


def escape(text: str) -> str:
    """Return a text in which Slack finds no mention, link or formatting of a channel's member."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
