"""Make a release: `make release VERSION=0.2.0` (docs/upgrades.md). It pushes nothing.

`python -m tests.release --tested COMMIT` is the end of `make test-all`, without which there is no
release: CI runs no slow test.
"""

import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_UNRELEASED = re.compile(r"^## \S+ \(unreleased\)\n+(?P<first>.*)", re.MULTILINE)
# The commit that `make test-all` has passed on, then a line for each reason why tests were skipped.
_TESTED = Path("build/tested-all")
# What pytest says of the tests of `make test-all`, in JUnit's form.
_REPORTS = (Path("build/tests/quick.xml"), Path("build/tests/slow.xml"))
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
    if not tested.is_file() or tested.read_text().split()[:1] != [head]:
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
    lines = [began, *_skipped(folder)]
    (folder / _TESTED).write_text("".join(f"{line}\n" for line in lines))
    return True


def not_proven(folder: Path) -> list[str]:
    """Return the reasons why tests of the tested commit were skipped, each with how many."""
    return (folder / _TESTED).read_text().splitlines()[1:]


def _skipped(folder: Path) -> list[str]:
    reports = [ElementTree.parse(folder / report) for report in _REPORTS]
    found = [test for report in reports for test in report.iterfind(".//testcase/skipped")]
    reasons = Counter(" ".join(test.get("message", "").split()) for test in found)
    return [f"{count} skipped: {reason}" for reason, count in reasons.most_common()]


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
        return f"All tests that were not skipped pass. This {what}."
    made = release(folder, words[0] if words else "")
    return "\n".join(
        [
            *not_proven(folder),
            f"{made} is made here. When `.ci/run` has passed on it: git push --follow-tags",
        ]
    )


if __name__ == "__main__":
    try:
        print(_main(sys.argv[1:]))
    except CannotRelease as error:
        sys.exit(str(error))
