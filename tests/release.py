"""Make a release: `make release VERSION=0.2.0` (docs/upgrades.md). It pushes nothing.

`python -m tests.release --tested COMMIT` is the end of `make test-all`, without which there is no
release: CI runs no slow test.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_UNRELEASED = re.compile(r"^## \S+ \(unreleased\)\n+(?P<first>.*)", re.MULTILINE)
# The commit that `make test-all` has passed on.
_TESTED = Path("build/tested-all")
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
    head, tested = _git(folder, "rev-parse", "HEAD"), folder / _TESTED
    if not tested.is_file() or tested.read_text().strip() != head:
        raise CannotRelease(f"Run `make test-all` on {head[:8]} first, without ARGS.")
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


def note_tested(folder: Path, began: str) -> bool:
    """Write down that all tests pass on the commit `began`; not where the code changed since."""
    if _git(folder, "rev-parse", "HEAD") != began or _git(folder, "status", "--porcelain"):
        return False
    (folder / _TESTED).parent.mkdir(exist_ok=True)
    (folder / _TESTED).write_text(f"{began}\n")
    return True


def _replace(path: Path, pattern: re.Pattern[str], replacement: str) -> None:
    path.write_text(pattern.sub(replacement, path.read_text(), count=1))


def _git(folder: Path, *words: str) -> str:
    result = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        raise CannotRelease(f"git {words[0]}: {result.stderr.strip()}")
    return result.stdout.strip()


def _main(words: list[str]) -> str:
    folder = Path(__file__).parents[1]
    if words[:1] == ["--tested"]:
        noted = note_tested(folder, words[1])
        what = "may be released" if noted else "is not what was tested: it changed meanwhile"
        return f"All tests pass. This {what}."
    made = release(folder, words[0] if words else "")
    return f"{made} is made here. When `.ci/run` has passed on it: git push --follow-tags"


if __name__ == "__main__":
    try:
        print(_main(sys.argv[1:]))
    except CannotRelease as error:
        sys.exit(str(error))
