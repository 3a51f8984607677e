"""Folders and files that are used when no setting names others."""

from pathlib import Path

APP = "ix-tools"


def data_folder() -> Path:
    """Return the folder of the store and documents when no other is set."""
    from platformdirs import user_data_path

    return user_data_path(APP, appauthor=False)


def documents_folder() -> Path:
    """Return the folder for PDF files when no other is set: where people keep documents, if they have such a folder."""
    from platformdirs import user_documents_path

    own = user_documents_path()
    return own / "InvoiceXpress" if own.is_dir() else data_folder() / "documents"


def config_file() -> Path:
    """Return the path of the settings file when IX_TOOLS_CONFIG is not set."""
    from platformdirs import user_config_path

    return user_config_path(APP, appauthor=False) / "config.toml"
