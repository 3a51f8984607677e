"""Build the container image without a daemon, and run it as a server would be run: read-only, without any right."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from tools.release.project import ROOT, read_project
from tools.release.shell import BIN, Failed, build_wheel, require, run

BASE_PACKAGES = "ca-certificates,python3,python3-venv,tzdata"
BASE = ROOT / ".hosts" / "base-image.tar"
"""A base made of Debian's packages, kept because it takes a minute; a release takes the official image of Python."""
MOST_BYTES = 160_000_000
PORT = 8756
SECONDS = 60


def check_image(folder: Path) -> str:
    """Build, measure, start, ask and stop the image."""
    require("buildah", "mmdebstrap", "bwrap")
    project = read_project()
    base = _make_base()
    context = _gather(folder / "context")
    storage = ["--root", str(folder / "storage"), "--runroot", str(folder / "run"), "--storage-driver", "vfs"]
    buildah = ["buildah", *storage]
    env = {"BUILDAH_ISOLATION": "chroot"}
    run(*buildah, "from", "--name", "base", "scratch", env=env)
    run(*buildah, "add", "base", base, "/", env=env)
    run(*buildah, "commit", "base", "localhost/base", env=env)
    run(
        *buildah, "build", "--format", "docker", "--build-arg", "BASE=localhost/base",
        "--build-arg", f"VERSION={project.version}",
        "--build-arg", "PIP_OPTIONS=--no-index --find-links /build/packaging/wheels",
        "-f", context / "packaging" / "Dockerfile", "-t", "localhost/ix-tools", context, env=env,
    )  # fmt: skip
    about = json.loads(run(*buildah, "inspect", "--type", "image", "localhost/ix-tools", env=env))["Docker"][
        "config"
    ]
    if about["User"] != "10001:10001" or not about.get("Healthcheck"):
        raise Failed(f"runs as {about['User']}, health check {about.get('Healthcheck')}")
    name = run(*buildah, "from", "--name", "run", "localhost/ix-tools", env=env).strip()
    mounted = Path(run(*buildah, "mount", name, env=env).strip())
    size = _compress(mounted)
    if size > MOST_BYTES:
        raise Failed(f"{size / 1e6:.0f} MB compressed")
    ready = _start_and_ask(mounted, folder, dict(one.split("=", 1) for one in about["Env"]))
    return f"{size / 1e6:.0f} MB compressed, user {about['User']}, ready after {ready:.1f} s, root read-only"


def _make_base() -> Path:
    if not BASE.exists():
        BASE.parent.mkdir(exist_ok=True)
        half = BASE.with_suffix(".part.tar")
        without = [f"--dpkgopt=path-exclude=/usr/share/{one}/*" for one in ("doc", "man", "locale", "info")]
        run("mmdebstrap", "--variant=minbase", f"--include={BASE_PACKAGES}", *without, "bookworm", half)
        half.replace(BASE)
    return BASE


def _gather(folder: Path) -> Path:
    """Gather what the build needs: the wheel, the lock and its packages."""
    (folder / "requirements").mkdir(parents=True)
    shutil.copy(ROOT / "requirements/image.txt", folder / "requirements/image.txt")
    shutil.copytree(ROOT / "packaging", folder / "packaging")
    (folder / "dist").mkdir()
    build_wheel(folder / "dist")
    wheels = folder / "packaging" / "wheels"
    run(
        BIN / "python", "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "--require-hashes",
        "-r", ROOT / "requirements/image.txt", "-d", wheels,
    )  # fmt: skip
    return folder


def _compress(root: Path) -> int:
    """Return how many bytes the image's files are as registries store them."""
    with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as tar:
        assert tar.stdout is not None
        counter = _Counter()
        with gzip.GzipFile(fileobj=counter, mode="wb", compresslevel=6) as packed:  # type: ignore[call-overload]
            shutil.copyfileobj(tar.stdout, packed, 1 << 20)
    return counter.size


class _Counter:
    size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return len(data)


def _start_and_ask(root: Path, folder: Path, environment: dict[str, str]) -> float:
    """Start the server as a container runs: no rights, root read-only; ask it, stop it, and ask its health check both times.

    Whoever runs this is user 10001 inside, so the folder of data is that user's.
    """
    data = folder / "data"
    data.mkdir()
    inside = [
        "bwrap", "--ro-bind", str(root), "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", str(data), "/data",
        "--unshare-pid", "--unshare-user", "--uid", "10001", "--gid", "10001", "--cap-drop", "ALL", "--die-with-parent", "--clearenv",
    ]  # fmt: skip
    named = {**environment, "INVOICEXPRESS_PUBLIC_URL": "http://localhost:8756"}
    inside += [part for name, value in named.items() for part in ("--setenv", name, value)]
    if _is_taken():
        raise Failed(f"port {PORT} is taken on this machine")
    version = run(*inside, "ix-tools", "--version").strip()
    if not version.endswith(read_project().version):
        raise Failed(version)
    began, log = time.monotonic(), folder / "server.log"
    start = [*inside, "ix-tools", "serve", "--http", "--sandbox"]
    with (
        log.open("wb") as said,
        subprocess.Popen(start, stdout=said, stderr=subprocess.STDOUT, start_new_session=True) as server,
    ):
        try:
            ready = _wait(began, log)
            run(*inside, "ix-tools-healthcheck")
            if subprocess.run([*inside, "touch", "/opt/x"], capture_output=True, check=False).returncode == 0:
                raise Failed("something outside /data can be written")
        finally:
            # The whole group: bwrap alone would end, and leave the server behind.
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(SECONDS)
            until = time.monotonic() + SECONDS
            while _is_taken() and time.monotonic() < until:
                time.sleep(0.1)
    try:
        run(*inside, "ix-tools-healthcheck")
    except Failed:
        return ready
    raise Failed("the health check says that a stopped server is well")


def _is_taken() -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", PORT)) == 0


def _wait(began: float, log: Path) -> float:
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}/readyz", headers={"Host": f"localhost:{PORT}"})
    trouble = "nothing"
    while time.monotonic() < began + SECONDS:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                if answer.status == 200:
                    return time.monotonic() - began
        except OSError as problem:
            trouble = str(problem)
            time.sleep(0.1)
    raise Failed(
        f"the server did not become ready ({trouble}): {log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
    )
