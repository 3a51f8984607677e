"""Every operation, in the order tools are listed. No registering by import: what stands here is what there is."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ix_tools.operation import Operation
from ix_tools.operations.clients import FindClient
from ix_tools.operations.documents import ChangeState, GetDocument, GetRelatedDocuments, ListInvoices
from ix_tools.operations.files import GetPdf, SendEmail
from ix_tools.operations.guides import CreateGuide, UpdateGuide
from ix_tools.operations.invoices import CreateInvoice, UpdateInvoice
from ix_tools.operations.payments import CancelPayment, GeneratePayment
from ix_tools.operations.sequences import ListSequences, RegisterSequence, UpdateSequence
from ix_tools.operations.taxes import ListTaxes, LookupExemptionCodes

OPERATIONS: tuple[type[Operation[Any]], ...] = (
    CreateInvoice,
    UpdateInvoice,
    GetDocument,
    ListInvoices,
    ChangeState,
    SendEmail,
    GetPdf,
    GetRelatedDocuments,
    GeneratePayment,
    CancelPayment,
    CreateGuide,
    UpdateGuide,
    ListSequences,
    RegisterSequence,
    UpdateSequence,
    ListTaxes,
    FindClient,
    LookupExemptionCodes,
)


@cache
def catalogue() -> Mapping[str, type[Operation[Any]]]:
    """Operations by name; a name given twice or a parameter without a word of explanation stops everything."""
    found: dict[str, type[Operation[Any]]] = {}
    for operation in OPERATIONS:
        name = operation.spec.name
        if name in found:
            raise ValueError(f"two operations are called {name}")
        silent = [field for field, info in operation.model_fields.items() if not info.description]
        if silent or not operation.__doc__:
            # Docstrings are the product's text; a bundle without sources or with -OO would lose them.
            raise ValueError(f"{name}: not described: {', '.join(silent) or 'the operation itself'}")
        found[name] = operation
    return found
