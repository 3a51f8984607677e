"""The manifest of the Slack app, to paste at https://api.slack.com/apps: exactly what the adapter uses, and no more."""

import json
from typing import Any

COMMANDS = {"/fatura": "fatura", "/invoice": "invoice", "/ix": ""}
"""Slash commands, and the word that each puts before its text."""
SHORTCUT = "ix-message"
SCOPES = ("chat:write", "commands", "files:write", "im:history", "im:write")


def build_manifest(request_url: str = "") -> dict[str, Any]:
    """Build the manifest.

    Args:
        request_url: the public address of signed requests; empty for Socket Mode.
    """
    address = {"url": request_url} if request_url else {}
    commands = [
        {
            "command": command,
            "description": "Portuguese invoices" if word == "invoice" else "Faturas",
            "usage_hint": 'ACME "Consultoria" 3x60 iva23 vence 30d' if word else "ajuda",
            "should_escape": False,
            **address,
        }
        for command, word in COMMANDS.items()
    ]
    shortcut = {
        "name": "Fatura",
        "type": "message",
        "callback_id": SHORTCUT,
        "description": "Fatura a partir da mensagem",
    }
    interactivity = {"is_enabled": True, **({"request_url": request_url} if request_url else {})}
    events = {"bot_events": ["message.im"], **({"request_url": request_url} if request_url else {})}
    return {
        "display_information": {"name": "ix-tools", "description": "Faturas com aprovação"},
        "features": {
            "app_home": {"messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
            "bot_user": {"display_name": "ix-tools", "always_online": True},
            "slash_commands": commands,
            "shortcuts": [shortcut],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "interactivity": interactivity,
            "event_subscriptions": events,
            "socket_mode_enabled": not request_url,
            "org_deploy_enabled": False,
            "token_rotation_enabled": False,
        },
    }


def format_manifest(request_url: str = "") -> str:
    """Return the manifest as JSON."""
    return json.dumps(build_manifest(request_url), ensure_ascii=False, indent=2)
