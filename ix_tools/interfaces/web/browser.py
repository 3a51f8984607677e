"""Open this machine's browser without revealing the link to its other users.

Every user may read the command lines of all processes, so the browser opens a file that redirects to the link; only its owner
can read the file, and it is removed soon. The browser and its children get only the environment that they need to appear,
because ours holds the API key.
"""

import html
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

FILE_SECONDS = 60.0
"""How long the file exists: a browser may be slow to start, but reads it long before."""
START_SECONDS = 10.0
"""Seconds in which a browser starts or fails; one that still runs then is open."""
PASSED_VARIABLES = frozenset(
    {
        # The user, the desktop, and the chosen browser.
        "HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "BROWSER",
        "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION",
        "GNOME_DESKTOP_SESSION_ID", "KDE_FULL_SESSION", "KDE_SESSION_VERSION", "__CF_USER_TEXT_ENCODING",
        "WSL_DISTRO_NAME", "WSL_INTEROP",
        # Windows.
        "ALLUSERSPROFILE", "APPDATA", "COMSPEC", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATHEXT", "PROGRAMDATA",
        "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "PUBLIC", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP",
        "USERDOMAIN", "USERNAME", "USERPROFILE", "WINDIR",
    }
)  # fmt: skip
PASSED_PREFIXES = ("LC_", "XDG_")
OPEN_SCRIPT = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"
REDIRECT_PAGE = (
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>ix-tools</title>\
<meta http-equiv="refresh" content="0;url={url}"><a href="{url}">ix-tools</a>\n'
)


def has_screen() -> bool:
    """Return whether a window can appear; without one, a text browser would start and block."""
    named = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in {"win32", "darwin"} or any(os.environ.get(name) for name in named)


class RedirectFiles:
    """The files that redirect browsers to pages, until they are removed."""

    def __init__(self) -> None:
        """Begin without files."""
        self._folders: dict[Path, threading.Timer] = {}
        self._changing = threading.Lock()

    def open(self, url: str) -> bool:
        """Open a page in this machine's browser. Return False if there is none."""
        if not has_screen():
            return False
        try:
            file = self._write_file(url)
        except (OSError, RuntimeError):  # no writable folder, or no home folder
            return False
        if _start_browser(file):
            return True
        self._remove(file.parent)
        return False

    def remove_all(self) -> None:
        """Remove every file."""
        for folder in list(self._folders):
            self._remove(folder)

    def _write_file(self, url: str) -> Path:
        """Write a file that only its owner can read, in a folder that only its owner can enter."""
        # Browsers packaged as snaps see the home folder, but neither /tmp nor hidden folders.
        folder = Path(tempfile.mkdtemp(prefix="ix-tools-", dir=Path.home() if _has_snaps() else None))
        timer = threading.Timer(FILE_SECONDS, self._remove, [folder])
        timer.daemon = True
        with self._changing:
            self._folders[folder] = timer
        timer.start()
        file = folder / "approval.html"
        file.touch(0o600, exist_ok=False)
        file.write_text(REDIRECT_PAGE.format(url=html.escape(url)), "utf-8")
        return file

    def _remove(self, folder: Path) -> None:
        with self._changing:
            timer = self._folders.pop(folder, None)
        if timer is not None:
            timer.cancel()
        with suppress(OSError):
            shutil.rmtree(folder)


def _start_browser(file: Path) -> bool:
    """Start a browser with a file. Return whether one started."""
    try:
        started = subprocess.Popen(  # noqa: S603 - our own interpreter, and a file of our own
            [sys.executable, "-I", "-c", OPEN_SCRIPT, file.as_uri()],
            env=build_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # the window stays when the server ends
        )
    except OSError:
        return False
    try:
        return started.wait(START_SECONDS) == 0
    except subprocess.TimeoutExpired:
        threading.Thread(target=started.wait, daemon=True).start()  # reaps the process
        return True


def build_environment() -> dict[str, str]:
    """Return the part of our environment that a browser needs."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in PASSED_VARIABLES or name.upper().startswith(PASSED_PREFIXES)
    }


def _has_snaps() -> bool:
    return sys.platform == "linux" and Path("/snap").is_dir()
