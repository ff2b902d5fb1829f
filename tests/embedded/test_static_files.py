"""When the static files are collected again."""

import os
from pathlib import Path

import pytest
from django.conf import settings

from embedded.options import REPOSITORY
from embedded.static_files import SOURCES, fingerprint


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("platform/config/settings.py", "platform/frontend/css/a.css", "app/static/b.js"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("one")
    return tmp_path


def test_nothing_changed(repository: Path) -> None:
    assert fingerprint(repository) == fingerprint(repository)


@pytest.mark.parametrize(
    "name",
    [
        "platform/config/settings.py",
        "platform/frontend/css/a.css",
        "platform/frontend/css/deep/new.css",
        "platform/frontend/dist/new.js",
        "app/static/b.js",
        "platform/accounts/static/new.js",
    ],
)
def test_a_new_or_changed_file_is_seen(repository: Path, name: str) -> None:
    before = fingerprint(repository)
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("two")
    os.utime(path, ns=(1, 1))

    assert fingerprint(repository) != before


def test_a_removed_file_is_seen(repository: Path) -> None:
    before = fingerprint(repository)
    (repository / "app/static/b.js").unlink()

    assert fingerprint(repository) != before


def test_every_folder_of_the_settings_is_watched() -> None:
    named = [entry[1] if isinstance(entry, tuple) else entry for entry in settings.STATICFILES_DIRS]

    assert {str(path.relative_to(REPOSITORY)) for path in named} == set(SOURCES)
