"""Names of callers and people, as policies, tokens and the audit trail have them."""

import re

from ix_tools.errors import InvalidArguments, Problem
from ix_tools.i18n.messages import Message, message

NAME_PATTERN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,98}[A-Za-z0-9])?", re.ASCII)


def require_name(name: str, refusal: Message, then: Message) -> None:
    """Check that a name can be used.

    Args:
        refusal: says what it cannot be the name of.
        then: the next step.

    Raises:
        InvalidArguments: it has other characters, or is too long.
    """
    if NAME_PATTERN.fullmatch(name):
        return
    raise InvalidArguments(
        refusal,
        problems=[
            Problem(
                "name",
                message("has other characters or a wrong length"),
                message("1 to 100 letters, digits, and . _ @ - between them"),
            )
        ],
        next=then,
    )
