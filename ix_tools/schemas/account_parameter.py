"""The parameter that names the account, in the tools of a caller with several accounts."""

from collections.abc import Mapping, Sequence
from typing import Any

ACCOUNT_ARGUMENT = "account"
"""The argument that names the account; the request header `Ix-Account` does the same."""


def add_account_parameter(tool: Mapping[str, Any], accounts: Sequence[str]) -> dict[str, Any]:
    """Return a tool with the account parameter, which is required, if there are several accounts."""
    if len(accounts) < 2:
        return dict(tool)
    schema = tool["inputSchema"]
    which = {
        "type": "string",
        "enum": list(accounts),
        "description": "The InvoiceXpress account to act in.",
    }
    return {
        **tool,
        "inputSchema": {
            **schema,
            "properties": {ACCOUNT_ARGUMENT: which, **schema.get("properties", {})},
            "required": [ACCOUNT_ARGUMENT, *schema.get("required", [])],
        },
    }
