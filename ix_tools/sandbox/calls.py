"""Types of the calls that handlers receive and of the answers that they return."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from ix_tools.sandbox.kinds import Kind
from ix_tools.sandbox.ledger.listing import Query
from ix_tools.sandbox.refusals import Refused


@dataclass(frozen=True)
class Call:
    """An authenticated request."""

    method: str
    path: str
    names: dict[str, str]
    """Values of the URL's placeholders."""
    query: Query
    body: Any

    def get_id(self, name: str = "id") -> int:
        """Return an id from the URL; 0, which no row has, when it is not a number."""
        text = self.names[name]
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else -1

    def get_envelope(self, *keys: str) -> dict[str, Any]:
        """Return the object under the first of these keys that was sent."""
        for key in keys:
            if isinstance(self.body, dict) and isinstance(self.body.get(key), dict):
                found: dict[str, Any] = self.body[key]
                return found
        raise Refused(("element_missing", keys[0]))

    def get_document(self, kind: Kind) -> dict[str, Any]:
        """Return the document under its own key or its family's (reading 1)."""
        return self.get_envelope(kind.key, kind.family_key)


@dataclass(frozen=True)
class Answer:
    """Status, body and media type of a response."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def sent_headers(self) -> dict[str, str]:
        """All headers except the length."""
        return {"Content-Type": self.media_type, **self.headers} if self.body else {**self.headers}


def json_answer(content: Any, status: int = 200) -> Answer:
    """Build a JSON response."""
    return Answer(status, json.dumps(content, ensure_ascii=False).encode())


EMPTY = Answer()
NOTHING = Answer(204)
