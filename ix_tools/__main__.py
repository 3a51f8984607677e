"""The `ix-tools` command: the server's start is kept short, everything else goes to the command line's own room."""

import gc
import sys
from typing import Any


def main() -> None:
    """Run the command and end with its exit code."""
    argv = sys.argv[1:]
    if argv[:1] == ["serve"]:
        # Nothing that is imported becomes garbage; collecting while importing costs a tenth of the start.
        gc.disable()
        if "--http" in argv:
            from ix_tools.interfaces.server.main import main as over_http

            sys.exit(over_http(argv[1:]))
        from ix_tools.interfaces.mcp.stdio import main as serve

        sys.exit(serve(argv[1:], _open_pages))
    if argv[:1] == ["demo"]:
        from ix_tools.demo import main as demo

        sys.exit(demo(argv[1:]))
    # The same for a command, which may also be one that stays: collected seldom rather than never.
    gc.set_threshold(100_000)
    from ix_tools.interfaces.cli import main as command

    sys.exit(command(argv))


def _open_pages(desk: Any) -> Any:
    """The pages of a desk's approvals on this machine; what they need is imported when there is a desk."""
    from ix_tools.interfaces.web.local_server import LocalPageServer

    return LocalPageServer(desk)


if __name__ == "__main__":
    main()
