"""Make a release: `make release VERSION=0.2.0` (docs/upgrades.md). It pushes nothing."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_UNRELEASED = re.compile(r"^## \S+ \(unreleased\)\n+(?P<first>.*)", re.MULTILINE)
_OF_PROJECT = re.compile(r'^version = "(?P<version>[^"]+)"', re.MULTILINE)


class CannotRelease(Exception):
    """What is missing for a release."""


def release(folder: Path, version: str) -> str:
    """Write the version and the changelog's date, commit, and make the tag; return its name.

    Raises `CannotRelease`.
    """
    if not _VERSION.fullmatch(version):
        raise CannotRelease(f"A version is three numbers, such as 0.2.0; received {version!r}.")
    tag = f"v{version}"
    if _git(folder, "status", "--porcelain"):
        raise CannotRelease("Commit everything first.")
    if _git(folder, "tag", "--list", tag):
        raise CannotRelease(f"The tag {tag} is there already.")
    changelog, project = folder / "CHANGELOG.md", folder / "pyproject.toml"
    section = _UNRELEASED.search(changelog.read_text())
    if section is None or not section["first"].startswith("- "):
        raise CannotRelease("The changelog has no section “(unreleased)” with an entry.")
    today = datetime.now(UTC).date().isoformat()
    _replace(changelog, _UNRELEASED, rf"## {version} ({today})\n\n\g<first>")
    _replace(project, _OF_PROJECT, f'version = "{version}"')
    _git(folder, "add", "--", changelog.name, project.name)
    _git(folder, "commit", "--quiet", "--message", f"release: Loupe {version}")
    _git(folder, "tag", "--annotate", tag, "--message", f"Loupe {version}")
    return tag


def _replace(path: Path, pattern: re.Pattern[str], replacement: str) -> None:
    path.write_text(pattern.sub(replacement, path.read_text(), count=1))


def _git(folder: Path, *words: str) -> str:
    result = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        raise CannotRelease(f"git {words[0]}: {result.stderr.strip()}")
    return result.stdout.strip()


if __name__ == "__main__":
    try:
        made = release(Path(__file__).parents[1], sys.argv[1] if len(sys.argv) > 1 else "")
    except CannotRelease as error:
        sys.exit(str(error))
    print(f"{made} is made here. When `.ci/run` has passed on it: git push --follow-tags")
