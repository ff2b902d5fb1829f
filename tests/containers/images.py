"""What is in the images, and what is not."""

import re
import subprocess
import tarfile
from collections.abc import Iterator, Sequence

from tests.containers.engine import Project, docker

IMAGES = ("loupe-web", "loupe-worker")
WEB_BYTES = 500_000_000
# Compilers, and what installs: none of it belongs to a program that runs.
_BUILD_TOOLS = re.compile(r"(^|/)(gcc|g\+\+|cc|c\+\+|make|cmake|ld|as|git|npm|node|libclang[^/]*)$")
_SECRET_FILES = re.compile(r"(^|/)(\.env|id_[a-z0-9]+|[^/]*\.key|credentials(\.json)?)$")


def size(image: str) -> int:
    """Return the bytes of all layers."""
    return int(docker("image", "inspect", "--format", "{{.Size}}", image))


def files(image: str) -> list[str]:
    """Return the names of all files of an image."""
    container = docker("create", image).strip()
    try:
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export:
            with tarfile.open(fileobj=export.stdout, mode="r|") as archive:
                return [entry.name for entry in archive if not entry.isdir()]
    finally:
        docker("rm", "--volumes", container)


def check_images(images: Sequence[str] = IMAGES) -> Iterator[tuple[str, bool]]:
    """Yield what is claimed of the images, and whether it is so."""
    for image in images:
        names = files(image)
        yield f"{image}: {size(image) / 1e6:,.0f} MB, {len(names):,} files", True
        tools = [name for name in names if _BUILD_TOOLS.search(name)]
        yield f"{image}: no build tools {tools[:3] or ''}", not tools
        hidden = [name for name in names if _SECRET_FILES.search(name)]
        yield f"{image}: no file that holds a secret {hidden[:3] or ''}", not hidden
        history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
        given = re.findall(r"(?i)\b\w*(?:password|secret|token)\w*=\S+", history)
        yield f"{image}: no secret in a layer's command {given[:3] or ''}", not given
        user = docker("image", "inspect", "--format", "{{.Config.User}}", image).strip()
        yield f"{image}: runs as user {user}", user == "10001"
        if image == "loupe-web":
            yield f"{image}: at most {WEB_BYTES / 1e6:.0f} MB", size(image) <= WEB_BYTES
            heavy = [name for name in names if "/site-packages/tensorflow/" in name]
            yield f"{image}: no TensorFlow", not heavy


def check_containers(project: Project) -> Iterator[tuple[str, bool]]:
    """Yield what is claimed of the running containers, and whether it is so."""
    images = docker("history", "--no-trunc", "loupe-web") + docker(
        "history", "--no-trunc", "loupe-worker"
    )
    yield (
        "none of the secrets stands in an image",
        not any(value in images for value in project.secrets.values()),
    )
    for service in ("web", "worker-train", "worker-predict", "beat"):
        refused = project.execute(service, "sh", "-c", "touch /loupe/x; touch /x; touch /venv/x")
        written = refused.stderr.count("Read-only file system")
        yield f"{service}: code, packages and / cannot be written", written == 3
        status = project.execute(service, "sh", "-c", "cat /proc/1/status").stdout
        powers = re.search(r"CapEff:\s*(\w+)", status)
        yield f"{service}: has no capability", bool(powers) and not int(powers[1], 16)
        no_new = re.search(r"NoNewPrivs:\s*1", status)
        yield f"{service}: cannot gain a right", bool(no_new)
    owner = project.secrets["POSTGRES_PASSWORD"]
    for service in ("web", "worker-io"):
        seen = project.execute(service, "env").stdout
        yield f"{service}: does not know the password of the tables' owner", owner not in seen
