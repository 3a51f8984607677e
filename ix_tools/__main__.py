"""The `ix-tools` command: the server's start is kept short, everything else goes to the command line's own room."""

import gc
import sys


def main() -> None:
    """Run the command and end with its exit code."""
    argv = sys.argv[1:]
    if argv[:1] == ["serve"]:
        # Nothing that is imported becomes garbage; collecting while importing costs a tenth of the start.
        gc.disable()
        if "--http" in argv:
            from ix_tools.hosting.serve import main as serve
        else:
            from ix_tools.faces.mcp.serve import main as serve
        sys.exit(serve(argv[1:]))
    if argv[:1] == ["demo"]:
        from ix_tools.faces.demo import main as demo

        sys.exit(demo(argv[1:]))
    from ix_tools.faces.cli import main as command

    sys.exit(command(argv))


if __name__ == "__main__":
    main()
