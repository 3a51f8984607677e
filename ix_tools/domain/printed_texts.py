"""Texts that are printed on a document and read back as they were sent: each is declared once, for calls and for records."""

from collections.abc import Iterator
from typing import Annotated

from ix_tools.domain.field_docs import DescribedModel
from ix_tools.domain.field_marks import Printed, Stored, fields_with


class PrintedTexts(DescribedModel):
    """The texts of every kind of document."""

    reference: Annotated[str | None, Stored(if_given=True), Printed("Referência", "Reference")] = None
    """Reference of your own that is printed, e.g. an order number."""
    observations: Annotated[str | None, Stored(if_given=True), Printed("Observações", "Observations")] = None
    """Notes printed on the document."""

    def printed_texts(self) -> Iterator[tuple[str, Printed, str]]:
        """Yield the texts that there are: field, heading, text."""
        for name, heading in fields_with(PrintedTexts, Printed).items():
            if text := getattr(self, name):
                yield name, heading, text
