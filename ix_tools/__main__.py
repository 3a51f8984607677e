"""Entry point of the `ix-tools` command: starts a server with few imports, or runs the command line."""

import gc
import sys
from typing import Any

OLDEST = (3, 11)


def refuse_old_python(version: "tuple[int, ...]") -> str:
    """Return what to say where Python is too old to read the rest of the program; "" where it is not.

    In both languages, because the settings cannot be read then.
    """
    if version[:2] >= OLDEST:
        return ""
    return (
        "O ix-tools precisa do Python 3.11 ou mais recente, e este é o {0}.{1}: instale-o, ou use `uv tool install ix-tools`, que o traz.\n"
        "ix-tools needs Python 3.11 or newer, and this is {0}.{1}: install it, or use `uv tool install ix-tools`, which brings it."
    ).format(*version)


def main() -> None:
    """Run the command and end with its exit code."""
    refusal = refuse_old_python(sys.version_info[:3])
    if refusal:
        print(refusal, file=sys.stderr)
        sys.exit(2)
    from ix_tools.text.narrow_streams import spell_what_is_missing

    spell_what_is_missing()
    argv = sys.argv[1:]
    if argv[:1] == ["serve"]:
        # Imports leave no garbage; collecting it would cost a tenth of the start-up time.
        gc.disable()
        if "--http" in argv:
            from ix_tools.interfaces.server.main import main as over_http

            sys.exit(over_http(argv[1:]))
        from ix_tools.interfaces.mcp.stdio import main as serve

        sys.exit(serve(argv[1:], _open_pages))
    if argv[:1] == ["chat"]:
        from ix_tools.interfaces.chat.main import main as chat

        sys.exit(chat(argv[1:]))
    if argv[:1] == ["demo"]:
        from ix_tools.demo import main as demo

        sys.exit(demo(argv[1:]))
    # A command may also run for long, so garbage is collected seldom rather than never.
    gc.set_threshold(100_000)
    from ix_tools.interfaces.cli.main import run_command

    sys.exit(run_command(argv))


def _open_pages(context: Any) -> Any:
    """Create the local host of approval pages; its imports wait until it is needed."""
    from ix_tools.interfaces.web.local_server import LocalPageServer

    return LocalPageServer(context)


if __name__ == "__main__":
    main()
