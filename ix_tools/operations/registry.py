"""Every operation, in the order tools are listed. No registering by import: what stands here is what there is."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ix_tools.operations import (
    accounts,
    clients,
    estimates,
    guides,
    items,
    sequences,
    taxes,
    treasury,
    treasury_movements,
)
from ix_tools.operations.base import Operation
from ix_tools.operations.client_search import FindClient
from ix_tools.operations.documents import ChangeState, GetDocument, GetRelatedDocuments, ListInvoices
from ix_tools.operations.exemptions import LookupExemptionCodes
from ix_tools.operations.files import GetPdf, GetQrCode, SendEmail
from ix_tools.operations.invoices import CreateInvoice, UpdateInvoice
from ix_tools.operations.meta import DescribeOperation, RunOperation, SearchOperations
from ix_tools.operations.payments import CancelPayment, GeneratePayment
from ix_tools.operations.saft import ExportSaft
from ix_tools.operations.workflows.client_statement import AccountStatement
from ix_tools.operations.workflows.correct_document import CorrectDocument
from ix_tools.operations.workflows.issue_invoice import IssueInvoice
from ix_tools.operations.workflows.month_end import MonthEndCheck

TOOLSETS: Mapping[str, tuple[type[Operation[Any]], ...]] = {
    "core": (
        CreateInvoice,
        GetDocument,
        ListInvoices,
        ChangeState,
        GetPdf,
        taxes.ListTaxes,
        sequences.ListSequences,
        LookupExemptionCodes,
        IssueInvoice,
        SearchOperations,
        DescribeOperation,
        RunOperation,
    ),
    "invoices": (UpdateInvoice, SendEmail, GetRelatedDocuments, GetQrCode),
    "estimates": (estimates.CreateEstimate, estimates.UpdateEstimate, estimates.ListEstimates),
    "guides": (guides.CreateGuide, guides.UpdateGuide, guides.ListGuides),
    "payments": (GeneratePayment, CancelPayment),
    "sequences": (
        sequences.GetSequence,
        sequences.CreateSequence,
        sequences.RegisterSequence,
        sequences.SetDefaultSequence,
        sequences.UpdateSequence,
    ),
    "clients": (
        FindClient,
        clients.ListClients,
        clients.GetClient,
        clients.CreateClient,
        clients.UpdateClient,
        clients.DeleteClient,
        clients.ListClientInvoices,
    ),
    "items": (items.ListItems, items.GetItem, items.CreateItem, items.UpdateItem, items.DeleteItem),
    "taxes": (taxes.GetTax, taxes.CreateTax, taxes.UpdateTax, taxes.DeleteTax),
    "saft": (ExportSaft,),
    "recipes": (CorrectDocument, AccountStatement, MonthEndCheck),
    "treasury": (
        treasury.GetClientBalance,
        treasury.SetInitialBalance,
        treasury.ListRegularizations,
        treasury.CreateRegularization,
        treasury.DeleteRegularization,
        treasury_movements.CreateTreasuryMovement,
        treasury_movements.DeleteTreasuryMovement,
    ),
    "accounts": (
        accounts.GetAccount,
        accounts.CreateAccount,
        accounts.UpdateAccount,
        accounts.SetupAtCommunication,
    ),
}
"""Tools by what they are for. A tool stands in one set."""

DEFAULT_TOOLSETS = ("core",)
"""What a server lists unless told otherwise. Every tool can be called, listed or not."""

OPERATIONS: tuple[type[Operation[Any]], ...] = tuple(one for tools in TOOLSETS.values() for one in tools)


@cache
def catalogue() -> Mapping[str, type[Operation[Any]]]:
    """Operations by name; a name given twice or an operation without a word of explanation stops everything."""
    found: dict[str, type[Operation[Any]]] = {}
    for operation in OPERATIONS:
        name = operation.spec.name
        if name in found:
            raise ValueError(f"two operations are called {name}")
        if not operation.__doc__:
            # Docstrings are the product's text; a bundle made with -OO would lose them.
            raise ValueError(f"{name}: not described")
        found[name] = operation
    return found


@cache
def map_toolsets() -> Mapping[str, str]:
    """The toolset of each tool."""
    return {one.spec.name: toolset for toolset, tools in TOOLSETS.items() for one in tools}
