"""Portuguese invoices through InvoiceXpress, for AI assistants, no-code flows and chat commands.

As a library: `async with InvoiceXpress() as account: await account.call("create_invoice", ...)`; see docs/guides/library.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ix_tools.version import __version__

if TYPE_CHECKING:
    from ix_tools.config.settings import Settings
    from ix_tools.errors import IxError
    from ix_tools.interfaces.library import ApprovalRequired, InvoiceXpress

__all__ = ["ApprovalRequired", "InvoiceXpress", "IxError", "Settings", "__version__"]

_DEFINED_IN = {
    "ApprovalRequired": "ix_tools.interfaces.library",
    "InvoiceXpress": "ix_tools.interfaces.library",
    "IxError": "ix_tools.errors",
    "Settings": "ix_tools.config.settings",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: the command line and the MCP server start without it."""
    if name not in _DEFINED_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_DEFINED_IN[name]), name)
