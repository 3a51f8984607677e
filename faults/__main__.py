"""`python -m faults [matrix | race | parked | batch | chat-words | chat | webhooks] [options]`.

Without a name and options, the first two; with options alone, the matrix.
"""

import sys

from faults import matrix, parked_kills, race
from faults.own_home import own_home


def main(arguments: list[str]) -> int:
    """Run the named parts; return 1 when anything is wrong."""
    if arguments[:1] == ["race"]:
        return race.main(arguments[1:])
    if arguments[:1] == ["parked"]:
        return parked_kills.main(arguments[1:])
    if arguments[:1] == ["batch"]:
        from faults import batch_kills

        return batch_kills.main(arguments[1:])
    if arguments[:1] == ["chat"]:
        from faults import chat

        return chat.main(arguments[1:])
    if arguments[:1] == ["webhooks"]:
        from faults import webhooks

        return webhooks.main(arguments[1:])
    if arguments[:1] == ["chat-words"]:
        from faults import chat_words

        return chat_words.main(arguments[1:])
    if arguments:
        return matrix.main(arguments[1:] if arguments[0] == "matrix" else arguments)
    return max(matrix.main([]), race.main([]))


if __name__ == "__main__":
    with own_home():
        code = main(sys.argv[1:])
    sys.exit(code)
