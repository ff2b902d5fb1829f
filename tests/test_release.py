"""A release is a commit, a dated section of the changelog, and a tag."""

import subprocess
from datetime import UTC, datetime

import pytest

from common.version import loupe_version
from tests.release import CannotRelease, not_proven, note_tested, release
from tests.servers import REPOSITORY_DIR

CHANGELOG = "# Changelog\n\n## 0.2.0 (unreleased)\n\n- Something new.\n\n## 0.1.0 (2026-01-01)\n"
# As pytest writes them.
REPORT = "<testsuites><testsuite><testcase/>{}</testsuite></testsuites>"
NO_ROOT = '<testcase><skipped type="pytest.skip" message="needs\nroot">f.py:2</skipped></testcase>'
NO_NGINX = '<testcase><skipped type="pytest.skip" message="no nginx">f.py:4</skipped></testcase>'


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one commit."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "0.1.0"\n')
    (tmp_path / ".gitignore").write_text("/build/\n")
    reports = tmp_path / "build" / "tests"
    reports.mkdir(parents=True)
    (reports / "quick.xml").write_text(REPORT.format(NO_ROOT))
    (reports / "slow.xml").write_text(REPORT.format(NO_ROOT + NO_NGINX))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "begin")
    return tmp_path


def git(folder, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_release_is_made(repository):
    assert note_tested(repository, git(repository, "rev-parse", "HEAD"))
    assert release(repository, "0.2.0") == "v0.2.0"
    assert not_proven(repository) == ["2 skipped: needs root", "1 skipped: no nginx"]
    today = datetime.now(UTC).date().isoformat()
    assert f"## 0.2.0 ({today})\n\n- Something new." in (repository / "CHANGELOG.md").read_text()
    assert 'version = "0.2.0"' in (repository / "pyproject.toml").read_text()
    assert git(repository, "describe", "--exact-match") == "v0.2.0"
    assert git(repository, "status", "--porcelain") == ""


def test_refusals_say_what_is_missing(repository):
    with pytest.raises(CannotRelease, match="three numbers"):
        release(repository, "v2")
    (repository / "new").write_text("x")
    with pytest.raises(CannotRelease, match="Commit everything"):
        release(repository, "0.2.0")
    (repository / "new").unlink()
    with pytest.raises(CannotRelease, match="make test-all"):
        release(repository, "0.2.0")
    began = git(repository, "rev-parse", "HEAD")
    (repository / "new").write_text("x")
    assert not note_tested(repository, began), "this is not what was tested"
    (repository / "new").unlink()
    assert note_tested(repository, began)
    release(repository, "0.2.0")
    with pytest.raises(CannotRelease, match="is there already"):
        release(repository, "0.2.0")
    assert note_tested(repository, git(repository, "rev-parse", "HEAD"))
    with pytest.raises(CannotRelease, match="no section"):
        release(repository, "0.3.0")


@pytest.mark.django_db
def test_people_see_which_loupe_this_is(page_client):
    version = loupe_version()
    assert f'version = "{version}"' in (REPOSITORY_DIR / "pyproject.toml").read_text()
    assert f"Loupe {version}" in page_client.get("/datasets/").content.decode()
