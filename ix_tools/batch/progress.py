"""Progress of a batch in words: the steps of a run, as every interface names them."""

from collections.abc import Mapping

from ix_tools.batch.models import Batch
from ix_tools.domain.batch_states import RowState
from ix_tools.i18n.messages import Message, message

STEPS: Mapping[str, Message] = {
    "judge": message("Checking"),
    "drafts": message("Drafts"),
    "sheet": message("Looking at the drafts"),
    "issue": message("Issuing"),
    "delete": message("Deleting"),
}
NOT_BEGUN: frozenset[RowState] = frozenset({"new"})
UNDER_WAY: frozenset[RowState] = frozenset({"new", "drafted", "trying", "issued", "removing"})


def measure_step(batch: Batch, counts: Mapping[RowState, int]) -> tuple[str, int, int]:
    """Return the step that a batch is in, the documents that are done in it, and of how many.

    Args:
        counts: how many documents are in each state.
    """
    total = sum(counts.values())
    if batch.state in {"drafting", "asking", "asked"} and batch.purpose == "issue":
        return "drafts", total - sum(counts.get(one, 0) for one in NOT_BEGUN), total
    return batch.purpose, total - sum(counts.get(one, 0) for one in UNDER_WAY), total
