"""Seen records: drafts, their clients and owners as this process last read them, in memory only and for minutes.

They spare a look-up only where the record is compared afterwards: before anything irreversible is sent, the fresh read reads it
again and compares it whole; a draft's client is compared when the draft is read back, before it can be finalized. Nothing else
may rely on them.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ix_tools.domain.records import Document

MAX_AGE_SECONDS = 600.0
"""Age up to which a record is shown without another look."""
MAX_RECORDS = 1024
CLIENT_KEYS = {"client by id": "id", "client by code": "code", "client by name": "name"}
"""Kinds under which a client is kept for a draft, and the field that each is found by."""
CLIENT_KINDS = frozenset({"client", *CLIENT_KEYS})


@dataclass(slots=True)
class SeenRecords:
    """Raw drafts and clients by id."""

    is_kept: bool = True
    """False if look-ups are not remembered (setting remember_lookups)."""
    _client_fields: set[str] = field(default_factory=set)
    """Fields of a client read by its id."""
    _records: OrderedDict[tuple[str, int | str], tuple[float, Mapping[str, Any]]] = field(
        default_factory=OrderedDict
    )
    _clients_generation: int = 0
    """The generation of the account's clients when those here were read."""

    def keep_client(self, raw: Mapping[str, Any], *, by_id: bool = False) -> None:
        """Keep a client that was read.

        Found by code or name it stands for one read by its id only if both answers have the same fields: the fresh read, by id,
        would find a difference otherwise, and a person would be asked twice.
        """
        if by_id:
            self._client_fields.clear()
            self._client_fields.update(raw)
        for kind, name in CLIENT_KEYS.items():
            if isinstance(key := raw.get(name), int | str) and key != "":
                self._keep(kind, raw, key)
        if by_id or self._client_fields == set(raw):
            self._keep("client", raw)

    def forget_clients_before(self, generation: int) -> None:
        """Forget the clients that were read under another generation than this one."""
        if generation != self._clients_generation:
            self._clients_generation = generation
            for key in [one for one in self._records if one[0] in CLIENT_KINDS]:
                del self._records[key]

    def keep_document(self, raw: Mapping[str, Any]) -> None:
        """Keep a document that was read back, if it is a draft; an issued one is always looked at again."""
        if raw.get("status") == "draft":
            self._keep("document", raw)
        elif isinstance(raw.get("id"), int):
            self.forget("document", raw["id"])

    def keep_owner(self, raw: Mapping[str, Any]) -> None:
        """Keep the document that a note corrects or an invoice bills."""
        self._keep("owner", raw)

    def recall(self, kind: str, number: int | None) -> Mapping[str, Any] | None:
        """Return a client, draft or owner, or None if it must be read."""
        return self._recall(kind, number or 0)

    def recall_named_client(self, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the client with exactly this id, or this code and name as far as they are given; None if it must be read."""
        keys = {kind: key for kind, name in CLIENT_KEYS.items() if (key := given.get(name)) is not None}
        found = [self._recall(kind, key) for kind, key in keys.items()]
        first = found[0] if found else None
        return first if first is not None and all(one is not None and one == first for one in found) else None

    def _recall(self, kind: str, key: int | str) -> Mapping[str, Any] | None:
        seen_at, raw = self._records.get((kind, key), (0.0, None))
        return raw if raw is not None and time.monotonic() - seen_at < MAX_AGE_SECONDS else None

    def forget(self, kind: str, number: int) -> None:
        """Forget a client or draft."""
        self._records.pop((kind, number), None)
        if kind == "client":
            same = [
                key
                for key, (_, raw) in self._records.items()
                if key[0] in CLIENT_KEYS and raw["id"] == number
            ]
            for key in same:
                del self._records[key]

    def forget_shown(self, document: Document | None) -> None:
        """Forget a document and its client, so that they are read before they are shown the next time."""
        if document is not None and document.id is not None:
            self.forget("document", document.id)
        if document is not None and document.client is not None and document.client.id is not None:
            self.forget("client", document.client.id)

    def forget_resource(self, name: str) -> None:
        """Forget the record of a resource that a call changed: `client/501`."""
        kind, _, number = name.partition("/")
        if number.isdecimal():
            self.forget(kind, int(number))

    def _keep(self, kind: str, raw: Mapping[str, Any], key: int | str | None = None) -> None:
        number = raw.get("id")
        if self.is_kept and isinstance(number, int):
            place = (kind, number if key is None else key)
            self._records[place] = (time.monotonic(), raw)
            self._records.move_to_end(place)
            while len(self._records) > MAX_RECORDS:
                self._records.popitem(last=False)
