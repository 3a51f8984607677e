"""Printed texts of a document that InvoiceXpress returns as they were sent, declared once for calls and records."""

from collections.abc import Iterator
from typing import Annotated

from ix_tools.domain.field_docs import DescribedModel
from ix_tools.domain.field_marks import Clearable, Printed, Stored, fields_with


class PrintedTexts(DescribedModel):
    """Printed texts of every document type."""

    reference: Annotated[str | None, Clearable(), Stored(if_given=True), Printed("Reference")] = None
    """Reference of your own that is printed, e.g. an order number."""
    observations: Annotated[str | None, Clearable(), Stored(if_given=True), Printed("Observations")] = None
    """Notes printed on the document."""

    def printed_texts(self) -> Iterator[tuple[str, Printed, str]]:
        """Yield field, heading and value of the texts that have a value."""
        for name, heading in fields_with(PrintedTexts, Printed).items():
            if text := getattr(self, name):
                yield name, heading, text
