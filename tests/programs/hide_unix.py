"""Import every module of ix-tools where nothing of Unix is there: what a person on Windows has, as far as this machine can show it.

What ix-tools stands on is imported first, as it is here: its makers test it on Windows.
"""

import importlib
import os
import pkgutil
import signal
import socket
import sys

import ix_tools

MODULES = ("fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
OF_UNIX = {
    os: ("O_NOFOLLOW", "O_NONBLOCK", "chown", "fork", "getegid", "geteuid", "getgid", "getuid", "killpg", "mkfifo", "register_at_fork",
         "sched_getaffinity", "setsid", "uname", "waitid"),
    signal: ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGUSR2", "alarm", "pthread_sigmask",
             "setitimer"),
    socket: ("AF_UNIX", "SO_REUSEPORT"),
}  # fmt: skip


def main() -> None:
    """Print how many modules were imported; one that cannot be ends the program."""
    # alembic alone can import the script that it runs.
    found = [
        one.name
        for one in pkgutil.walk_packages(ix_tools.__path__, "ix_tools.")
        if not one.name.endswith(".env")
    ]
    for name in found:
        importlib.import_module(name)
    for name in [one for one in sys.modules if one.split(".")[0] == "ix_tools"]:
        del sys.modules[name]
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    for module, names in OF_UNIX.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = "win32"
    for name in found:
        importlib.import_module(name)
    from ix_tools.config.private_files import find_foreign_mode
    from ix_tools.idempotency.process_identity import is_owner_running, process_id
    from ix_tools.interfaces.connections import compute_connection_limit, raise_open_file_limit

    raise_open_file_limit()
    assert compute_connection_limit() > 0
    assert not is_owner_running(process_id())
    from pathlib import Path

    assert find_foreign_mode(Path(__file__)) == ""
    from ix_tools.policy.file import PolicyFile

    PolicyFile(Path(sys.argv[1])).load_rules()
    sys.stdout.write(f"{len(found)}\n")


if __name__ == "__main__":
    main()
