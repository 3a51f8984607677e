"""Files that a call saves: moved to where `--output` says."""

import shutil
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from ix_tools.i18n.messages import message
from ix_tools.interfaces.cli.translation import Misuse


def require_target(target: Path, *, saves_file: bool) -> None:
    """Check before the call that its file can be put there.

    Raises: Misuse.
    """
    if not saves_file:
        raise Misuse(message("This command saves no file; --output is text or json here."))
    if target.is_file():
        raise Misuse(message("{file} exists, and nothing is overwritten.", file=str(target)))
    if not target.is_dir() and not target.parent.is_dir():
        raise Misuse(message("There is no folder {folder}.", folder=str(target.parent)))


def move_file(body: Mapping[str, Any], target: Path) -> dict[str, Any]:
    """Move the file that a result names, to the file or into the folder, and return the result with its new place."""
    moved = dict(body)
    if isinstance(inner := moved.get("pdf"), Mapping):
        return {**moved, "pdf": move_file(inner, target)}
    if isinstance(saved := moved.get("file"), str):
        place = _find_free_place(target / Path(saved).name) if target.is_dir() else target
        moved["file"] = str(shutil.move(saved, place))
    return moved


def _find_free_place(wanted: Path) -> Path:
    """Return the place, or with a number if there is a file already, since nothing is overwritten."""
    places = (wanted.with_stem(f"{wanted.stem} ({number})") for number in count(2))
    return wanted if not wanted.exists() else next(one for one in places if not one.exists())
