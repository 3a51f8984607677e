"""Generate the table of docs/start/connect.md: the hosts that `ix-tools connect` knows, and how each is connected."""

from ix_tools.connect.hosts import HOSTS, Host
from tools.docs.markdown import render_code, render_table

LEGEND = {"*": "", "darwin": "macOS", "win32": "Windows"}
FOLDERS = {"<config>": "~/.config", "<appdata>": "%APPDATA%", "<localappdata>": "%LOCALAPPDATA%"}


def render_hosts() -> str:
    """Render the table of hosts."""
    rows = [(render_code(one.key), one.title, _tell_way(one), _tell_files(one)) for one in HOSTS]
    return render_table(("HOST", "Program", "Connected by", "File"), rows)


def _tell_way(host: Host) -> str:
    by_hand = (
        "an edit of its file"
        if host.syntax == "json"
        else f"you, who write the entry ({host.syntax.upper()})"
    )
    return f"`{host.program}`, otherwise {by_hand}" if host.commands else by_hand


def _tell_files(host: Host) -> str:
    shown = []
    for system, files in host.files.items():
        path = files[-1]
        for mark, folder in FOLDERS.items():
            path = path.replace(mark, folder)
        name = LEGEND[system]
        shown.append(f"{name}: {render_code(path)}" if name else render_code(path))
    return "; ".join(shown)
