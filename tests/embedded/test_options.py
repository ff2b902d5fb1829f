"""What the environment may say."""

from pathlib import Path

import pytest

from embedded.errors import EmbeddedError
from embedded.options import REPOSITORY, read_options
from embedded.preflight import warnings_of


def test_nothing_given() -> None:
    options = read_options({})

    assert options.data_dir == REPOSITORY / ".loupe"
    assert options.url == "http://localhost:8000"
    assert (options.train_workers, options.database_url, options.secret_key) == (1, None, None)


def test_an_address_for_everyone_is_reached_by_loopback() -> None:
    public = {"LOUPE_PUBLIC_URL": "http://loupe.example.org"}
    everyone = {"LOUPE_HOST": "0.0.0.0", "LOUPE_PORT": "80", **public}
    assert read_options(everyone).url == "http://127.0.0.1:80"
    assert read_options({"LOUPE_HOST": "::", **public}).url == "http://[::1]:8000"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_for_everyone_needs_a_name(host: str) -> None:
    with pytest.raises(EmbeddedError, match="Set LOUPE_PUBLIC_URL"):
        read_options({"LOUPE_HOST": host})


def test_what_could_be_safer_is_said() -> None:
    assert list(warnings_of(read_options({}))) == []
    own = {"DATABASE_URL": "postgres://one@/x", "LOUPE_PUBLIC_URL": "https://loupe.example.org"}
    [one_role, no_proxy] = warnings_of(read_options(own))
    assert "DATABASE_OWNER_URL" in one_role
    assert "FORWARDED_ALLOW_IPS" in no_proxy
    [kept] = warnings_of(read_options({"REDIS_URL": "redis://there"}))
    assert "LOUPE_IMAGES_REDIS_URL" in kept
    apart = {"REDIS_URL": "redis://there", "LOUPE_IMAGES_REDIS_URL": "redis://elsewhere"}
    assert list(warnings_of(read_options(apart))) == []
    safer = {"DATABASE_OWNER_URL": "postgres://two@/x", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    assert list(warnings_of(read_options(own | safer))) == []


def test_an_empty_variable_is_one_not_given() -> None:
    assert read_options({"DATABASE_URL": "", "LOUPE_PORT": ""}).database_url is None


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8000.0"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(EmbeddedError, match=f"LOUPE_PORT must be a number .*{port}"):
        read_options({"LOUPE_PORT": port})


def test_the_data_folder_is_absolute(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    assert read_options({"LOUPE_DATA_DIR": "here"}).data_dir == tmp_path / "here"
