"""The build hook: puts the compiled catalogues of messages and Swagger UI's files into the wheel."""

import importlib.util
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SWAGGER_UI = {
    "swagger-ui.css": "swagger-ui.css",
    "swagger-ui-bundle.js": "swagger-ui-bundle.js",
    "LICENSE": "swagger-ui.LICENSE",
}


class CatalogueBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles each catalogue, outside the source tree, and copies Swagger UI with its licence."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the catalogues, unless the build is an editable one, which compiles its own when it reads them."""
        if version == "editable":
            return
        root = Path(self.root)
        catalogue = _load_module(root / "ix_tools/i18n/catalogue.py")
        self.folder = tempfile.TemporaryDirectory()
        for source in sorted((root / "ix_tools/i18n/locale").glob("*/LC_MESSAGES/*.po")):
            compiled = Path(self.folder.name) / f"{source.parts[-3]}.mo"
            compiled.write_bytes(catalogue.compile_catalogue(source))
            build_data["force_include"][str(compiled)] = str(source.with_suffix(".mo").relative_to(root))
        interface = _find_swagger_ui()
        for name, copy in SWAGGER_UI.items():
            build_data["force_include"][str(interface / name)] = f"ix_tools/interfaces/rest/assets/{copy}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the compiled files, which are in the wheel now."""
        if version != "editable":
            self.folder.cleanup()


def _find_swagger_ui() -> Path:
    # Only its files are used; the package itself would import a web framework.
    spec = importlib.util.find_spec("flask_swagger_ui")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "dist"


def _load_module(path: Path) -> Any:
    # The package itself is not importable while it is built.
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
