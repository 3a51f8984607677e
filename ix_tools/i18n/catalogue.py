"""The gettext catalogues: compiled into the wheel; a checkout compiles a catalogue when it is first read after a change."""

import gettext
import io
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

DOMAIN = "ix_tools"
FOLDER = Path(__file__).parent / "locale"


def get_source_path(language: str) -> Path:
    """Return the path of a language's catalogue as translators write it (.po)."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def load_catalogue(language: str) -> gettext.NullTranslations:
    """Return the translations of a language."""
    source = get_source_path(language)
    compiled = source.with_suffix(".mo")
    with suppress(FileNotFoundError):
        # A wheel has no .po; in a checkout an older .mo is out of date.
        if not source.exists() or compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            return gettext.GNUTranslations(io.BytesIO(compiled.read_bytes()))
    content = compile_catalogue(source)
    with suppress(OSError):
        _replace_file(compiled, content)
    return gettext.GNUTranslations(io.BytesIO(content))


def compile_catalogue(source: Path) -> bytes:
    """Compile a catalogue (.po) into the form that gettext reads (.mo)."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as lines:
        catalogue = read_po(lines, locale=source.parts[-3], abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def _replace_file(path: Path, content: bytes) -> None:
    # Several processes may start at once; each must read a whole file.
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as written:
        written.write(content)
    Path(written.name).replace(path)
