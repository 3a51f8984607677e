"""Name the account in the settings file, where no account is named yet; nothing else in the file changes."""

import tomllib
from pathlib import Path

from ix_tools.config.private_files import protect, save_file


def name_account(account: str, path: Path) -> bool:
    """Make an account the one of the settings file, so that commands in a terminal use it too.

    Returns:
        Whether it is now, or was before. False where the file names another account or cannot be read: it is left alone.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        text = path.read_text(encoding="utf-8")
        named = tomllib.loads(text).get("account")
    except FileNotFoundError:
        text, named = "", None
    except (OSError, ValueError, RecursionError):
        return False
    if named is not None:
        return str(named).lower() == account.lower()
    # At the beginning, because behind a [table] it would belong to the table.
    content = f'account = "{account}"\n{text}'
    protect(save_file(path.parent, path.name, content.encode("utf-8")))
    return True
