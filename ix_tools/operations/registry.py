"""Registry of operations by toolset, in the order tools are listed."""

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
from ix_tools.operations.document_lists import GetRelatedDocuments, ListInvoices
from ix_tools.operations.documents import ChangeState, GetDocument
from ix_tools.operations.exemptions import LookupExemptionCodes
from ix_tools.operations.files import GetPdf, GetQrCode, SendEmail
from ix_tools.operations.invoices import CreateInvoice, UpdateInvoice
from ix_tools.operations.meta import DescribeOperation, RunOperation, SearchOperations
from ix_tools.operations.payments import CancelPayment, GeneratePayment
from ix_tools.operations.saft import ExportSaft
from ix_tools.operations.workflows.batches import DiscardBatch, GetBatch, RunBatch
from ix_tools.operations.workflows.client_statement import AccountStatement
from ix_tools.operations.workflows.correct_document import CorrectDocument
from ix_tools.operations.workflows.issue_invoice import IssueInvoice
from ix_tools.operations.workflows.month_end import MonthEndCheck
from ix_tools.operations.workflows.sales_summary import SalesByClient, VatSummary
from ix_tools.renames import Named

TOOLSETS: Mapping[str, tuple[type[Operation[Any]], ...]] = {
    "core": (
        CreateInvoice,
        GetDocument,
        ListInvoices,
        ChangeState,
        GetPdf,
        taxes.ListTaxes,
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
        sequences.ListSequences,
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
    "workflows": (CorrectDocument, AccountStatement, MonthEndCheck, VatSummary, SalesByClient),
    "batches": (RunBatch, GetBatch, DiscardBatch),
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
"""Operations by toolset. Each operation is in exactly one; importing a module registers nothing."""

DEFAULT_TOOLSETS = ("core",)
"""Toolsets that a server lists by default. run_operation reaches every operation, listed or not."""

OPERATIONS: tuple[type[Operation[Any]], ...] = tuple(one for tools in TOOLSETS.values() for one in tools)


@cache
def catalogue() -> Named[type[Operation[Any]]]:
    """Return the operations by name; an old name that is still taken finds its operation.

    Raises:
        ValueError: Two operations have one name, or one has no docstring.
    """
    found: dict[str, type[Operation[Any]]] = {}
    for operation in OPERATIONS:
        name = operation.spec.name
        if name in found:
            raise ValueError(f"two operations are called {name}")
        if not operation.__doc__:
            # Docstrings are the product's text; a bundle made with -OO would lose them.
            raise ValueError(f"{name}: not described")
        found[name] = operation
    return Named(found, lambda one: one.spec.renamed)


@cache
def map_toolsets() -> Mapping[str, str]:
    """Return the toolset of each operation by the operation's name."""
    return {one.spec.name: toolset for toolset, tools in TOOLSETS.items() for one in tools}
