"""The command line: `ix-tools <command> ...`, one command per operation plus administration."""
