"""States of a batch and of the documents in it."""

from typing import Literal

BatchState = Literal[
    "drafting", "asking", "asked", "working", "stopped", "rejected", "expired", "done", "partial"
]
Purpose = Literal["issue", "delete"]
RowState = Literal[
    "new",
    "drafted",
    "trying",
    "issued",
    "done",
    "held",
    "left_out",
    "failed",
    "removing",
    "deleted",
    "skipped",
]
"""`trying` and `removing`: a request may be on its way. `issued`: its e-mail is still to be sent. `held`: a draft that differs, was
changed or is refused, which is in no common approval. `skipped`: an earlier run of the same row did it."""
