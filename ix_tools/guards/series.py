"""Rules about series (séries), in which each document type has its own id, registration and numbering."""

from collections.abc import Iterator
from typing import Protocol

from ix_tools.domain.document_kinds import get_document_kind, name_singular
from ix_tools.domain.records import Sequence
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, refuse, warn
from ix_tools.guards.protocols import Draft, Payment, RenamedSeries, SeriesShaped, Transition
from ix_tools.i18n.messages import Message, join_messages, message, verbatim

UNREGISTERED = "N/D"


def find_series(sequence_id: int | None, facts: Facts) -> Sequence | None:
    """Return the series with that id, its own or that of a document type in it; None if there is none."""
    found = next((one for one in facts.sequences if one.id == sequence_id), None)
    if found is None:
        by_type = facts.find_sequence(sequence_id) if sequence_id is not None else None
        found = by_type[0] if by_type else None
    return found


@wants(Want.SEQUENCES)
def series_fits_type(call: Draft, facts: Facts) -> Iterator[Finding]:
    """The sequence id must be that of the document type; a series' own id is that of invoices (trap 9)."""
    kind = get_document_kind(call.document_type).singular
    if call.sequence_id is None:
        return
    found = facts.find_sequence(call.sequence_id)
    ids = ", ".join(
        f"{one.serie}: {one.types[kind].sequence_id}" for one in facts.sequences if kind in one.types
    )
    if found is None:
        yield refuse(
            "sequence_id",
            message(
                "no series has the id {id}; InvoiceXpress would use the default series",
                id=call.sequence_id,
            ),
            verbatim(ids),
            message("list_sequences shows the ids"),
        )
    elif found[1] != kind:
        right = found[0].types.get(kind)
        yield refuse(
            "sequence_id",
            message(
                "{sequence_id} is the series {serie} for {found}, not for {kind}",
                sequence_id=call.sequence_id,
                serie=found[0].serie,
                found=name_singular(found[1]),
                kind=name_singular(kind),
            ),
            (
                message(
                    "{sequence_id} for {kind} in {serie}",
                    sequence_id=right.sequence_id,
                    kind=name_singular(kind),
                    serie=found[0].serie,
                )
                if right
                else verbatim(ids)
            ),
        )


@wants(Want.DOCUMENT, Want.SEQUENCES)
def series_registered(call: Transition, facts: Facts) -> Iterator[Finding]:
    """A document can only be finalized in a series registered with AT, or it would have no ATCUD (Portaria 195/2020; trap 12)."""
    document = facts.document
    if call.state != "finalized" or document is None or document.sequence_id is None:
        return
    found = facts.find_sequence(document.sequence_id)
    if found and found[0].types[found[1]].validation_code == UNREGISTERED:
        yield refuse(
            "sequence_id",
            message(
                "the series {serie} is not registered with the tax authority for {kind}",
                serie=found[0].serie,
                kind=name_singular(found[1]),
            ),
            message("a registered series"),
            message(
                "register_sequence with sequence_id {id} (a person approves), or update the draft with "
                "another series",
                id=found[0].id,
            ),
        )


@wants(Want.DOCUMENT, Want.SEQUENCES)
def receipt_series_registered(call: Payment, facts: Facts) -> Iterator[Finding]:
    """The series of a receipt must be registered with AT, since a receipt is certified too."""
    document = facts.document
    if call.serie:
        # An unknown name was refused when names were resolved.
        series = next((one for one in facts.sequences if one.serie == call.serie), None)
    else:
        found = facts.find_sequence(document.sequence_id) if document and document.sequence_id else None
        series = found[0] if found else None
    part = series.types.get("receipt") if series else None
    if series is not None and part is not None and part.validation_code == UNREGISTERED:
        yield refuse(
            "serie",
            message("the series {serie} is not registered for receipts", serie=series.serie),
            next=message("register_sequence with sequence_id {id}", id=series.id),
        )


@wants(Want.SEQUENCES)
def series_exists(call: SeriesShaped, facts: Facts) -> Iterator[Finding]:
    """The id must be that of a series of the account."""
    if not any(one.id == call.sequence_id for one in facts.sequences):
        inner = facts.find_sequence(call.sequence_id)
        yield refuse(
            "sequence_id",
            message(
                "no series has the id {id}; it is the id of {kind} inside {serie}",
                id=call.sequence_id,
                kind=name_singular(inner[1]),
                serie=inner[0].serie,
            )
            if inner
            else message("no series has the id {id}", id=call.sequence_id),
            verbatim(", ".join(f"{one.serie}: {one.id}" for one in facts.sequences)),
        )


@wants(Want.SEQUENCES)
def series_not_yet_registered(call: SeriesShaped, facts: Facts) -> Iterator[Finding]:
    """A series must have a document type that is not registered yet (code 005 otherwise)."""
    sequence = find_series(call.sequence_id, facts)
    if sequence and not any(part.validation_code == UNREGISTERED for part in sequence.types.values()):
        yield refuse(
            "sequence_id",
            message("every document type of {serie} is already registered", serie=sequence.serie),
            message("a series with N/D codes"),
            message("nothing to do: finalize in it"),
        )


@wants(Want.SEQUENCES)
def series_unused(call: SeriesShaped, facts: Facts) -> Iterator[Finding]:
    """A series can only be changed while nothing was finalized in it (API v1 documentation)."""
    sequence = find_series(call.sequence_id, facts)
    used = (
        [
            message("{kind} {number}", kind=name_singular(kind), number=part.number)
            for kind, part in sequence.types.items()
            if part.number
        ]
        if sequence
        else []
    )
    if sequence and used:
        yield refuse(
            "sequence_id",
            message(
                "{serie} already has numbers ({used})", serie=sequence.serie, used=join_messages(used, ", ")
            ),
            message("a series without finalized documents"),
        )


@wants(Want.SEQUENCES)
def series_name_free(call: RenamedSeries, facts: Facts) -> Iterator[Finding]:
    """A series needs a name of its own."""
    if any(one.serie == call.serie and one.id != call.sequence_id for one in facts.sequences):
        yield refuse(
            "serie", message("another series is called '{serie}'", serie=call.serie), message("a new name")
        )


class NamedSeries(Protocol):
    """Series to be opened."""

    @property
    def serie(self) -> str: ...
    @property
    def default_sequence(self) -> bool: ...


@wants(Want.SEQUENCES)
def new_series_name_free(call: NamedSeries, facts: Facts) -> Iterator[Finding]:
    """A new series needs a new name, because a name is registered with the tax authority for good."""
    if any(one.serie == call.serie for one in facts.sequences):
        yield refuse(
            "serie", message("there is a series '{serie}' already", serie=call.serie), message("a new name")
        )


@wants(Want.SEQUENCES)
def new_default_series_is_announced(call: NamedSeries, facts: Facts) -> Iterator[Finding]:
    """Warn of a new default series: later documents that name no series go to it."""
    now = facts.find_default_sequence()
    if call.default_sequence:
        yield warn(
            "default_sequence",
            _announce_default(call.serie, now),
        )


@wants(Want.SEQUENCES)
def default_series_changes_later_documents(call: SeriesShaped, facts: Facts) -> Iterator[Finding]:
    """Warn of a new default series, and of document types not registered in it, which could not be finalized (trap 12)."""
    now, chosen_one = facts.find_default_sequence(), find_series(call.sequence_id, facts)
    if chosen_one is None:
        return
    if now is None or now.id != chosen_one.id:
        yield warn(
            "sequence_id",
            _announce_default(chosen_one.serie, now),
        )
    open_types = [kind for kind, part in chosen_one.types.items() if part.validation_code == UNREGISTERED]
    if open_types:
        yield warn(
            "sequence_id",
            message(
                "{serie} is not registered with the tax authority for {kinds}: those could not be finalized",
                serie=chosen_one.serie,
                kinds=join_messages([name_singular(kind) for kind in open_types], ", "),
            ),
        )


def _announce_default(serie: str | None, now: Sequence | None) -> Message:
    if now is None:
        return message("documents that name no series go to {serie} from now on", serie=serie)
    return message(
        "documents that name no series go to {serie} instead of {now} from now on", serie=serie, now=now.serie
    )
