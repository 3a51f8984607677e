"""This machine's browser, opened so that nobody else on it learns the link.

Every user may read the command lines of all processes, so a browser is given a file to open that leads on to the link;
only its owner can read it, and it is removed again. The browser, and what it starts, gets none of our environment but
what it needs to appear: the API key stands there, too.
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
"""How long the file is there: a browser may be slow to start, and has read it long before."""
START_SECONDS = 10.0
"""Seconds in which a browser has started, or fails to; one that is still there then is open."""
PASSED_VARIABLES = frozenset(
    {
        # The person, their desktop, and the browser that they chose.
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
    """Whether a window can appear; without one, a browser for terminals would be started, and waited for."""
    named = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in {"win32", "darwin"} or any(os.environ.get(name) for name in named)


class RedirectFiles:
    """The files that lead browsers to pages, until they are removed."""

    def __init__(self) -> None:
        """None yet."""
        self._folders: dict[Path, threading.Timer] = {}
        self._changing = threading.Lock()

    def open(self, url: str) -> bool:
        """Open a page in this machine's browser; False where there is none."""
        if not has_screen():
            return False
        try:
            file = self._write_file(url)
        except (OSError, RuntimeError):  # no place for it, or no home folder
            return False
        if _start_browser(file):
            return True
        self._remove(file.parent)
        return False

    def remove_all(self) -> None:
        """Leave no file behind."""
        for folder in list(self._folders):
            self._remove(folder)

    def _write_file(self, url: str) -> Path:
        """A file that only its owner can read, in a folder that only its owner can enter."""
        # Browsers packed as snaps see neither /tmp nor hidden folders, but the home folder.
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
    """Whether a browser was started that shows a file."""
    try:
        started = subprocess.Popen(  # noqa: S603 - our own interpreter, and a file of our own
            [sys.executable, "-I", "-c", OPEN_SCRIPT, file.as_uri()],
            env=build_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # the window stays when the server ends
        )
        return started.wait(START_SECONDS) == 0
    except OSError:
        return False
    except subprocess.TimeoutExpired:
        threading.Thread(target=started.wait, daemon=True).start()  # so that it is not left as a zombie
        return True


def build_environment() -> dict[str, str]:
    """What a browser needs of ours, and nothing else."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in PASSED_VARIABLES or name.upper().startswith(PASSED_PREFIXES)
    }


def _has_snaps() -> bool:
    return sys.platform == "linux" and Path("/snap").is_dir()
