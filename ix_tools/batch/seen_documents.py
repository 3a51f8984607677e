"""Seen documents: what a person was shown of a batch, while this process knows it and the approval of one call would still last.

It spares one read of each document: the last read before it is finalized confirms what was shown. A run that does not find it here,
such as that of another process, reads the document again.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping

from ix_tools.guards.facts import Facts

MAX_BATCHES = 4
"""Batches that are kept; each has as many documents as one person reads."""


class SeenDocuments:
    """Facts of documents by batch, question and place in the file."""

    def __init__(self) -> None:
        """Know nothing."""
        self._by_question: OrderedDict[tuple[str, int], tuple[float, dict[int, Facts]]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, batch: str, question: int, facts: Mapping[int, Facts]) -> None:
        """Keep what the question of that number shows."""
        with self._lock:
            self._by_question[batch, question] = (time.monotonic(), dict(facts))
            while len(self._by_question) > MAX_BATCHES:
                self._by_question.popitem(last=False)

    def take(self, batch: str, question: int, place: int, max_seconds: float) -> Facts | None:
        """Return and forget what was shown of a document; None if it is not known, or older than that."""
        with self._lock:
            kept_at, facts = self._by_question.get((batch, question), (0.0, {}))
            found = facts.pop(place, None)
            if not facts:
                self._by_question.pop((batch, question), None)
        return found if time.monotonic() - kept_at < max_seconds else None


SEEN_DOCUMENTS = SeenDocuments()
"""Of this process: the command line opens its store anew for each step."""
