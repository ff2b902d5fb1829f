"""What the client keeps on a machine."""

import stat

import pytest

from loupe import connect
from loupe.errors import NotSignedIn
from loupe.files import SignIns, UnfinishedUploads, cache_folder, config_folder
from tests.client.conftest import TOKEN

HOME, OTHER = "https://loupe.example.org", "http://localhost:8000"


def test_only_its_owner_may_read_a_token():
    SignIns().keep(HOME, {"token": TOKEN, "username": "ada"})
    path = config_folder() / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    path.chmod(0o640)
    with pytest.raises(NotSignedIn, match="chmod 600") as told:
        SignIns().last()
    assert TOKEN not in str(told.value)


def test_the_last_sign_in_is_taken_and_each_address_has_its_own(monkeypatch):
    with pytest.raises(NotSignedIn, match="Which Loupe"):
        connect()
    SignIns().keep(OTHER, {"token": "loupe_other"})
    SignIns().keep(HOME, {"token": TOKEN})
    assert connect().api.url == HOME
    assert connect("http://localhost:8000/datasets/").api.url == OTHER
    with pytest.raises(NotSignedIn, match=r"no token for https://elsewhere.example"):
        connect("https://elsewhere.example")
    monkeypatch.setenv("LOUPE_URL", OTHER)
    assert connect().api.url == OTHER
    monkeypatch.delenv("LOUPE_URL")
    SignIns().forget(HOME)
    assert (SignIns().last(), SignIns().addresses()) == (OTHER, [OTHER])


def test_a_damaged_cache_costs_nothing_but_the_cache(monkeypatch):
    uploads = UnfinishedUploads()
    uploads.keep("a", "1")
    uploads.keep("b", "2")
    uploads.forget("a")
    assert (uploads.id_of("a"), uploads.id_of("b")) == (None, "2")
    (cache_folder() / "uploads.json").write_text('{"b": ')
    assert uploads.id_of("b") is None
    uploads.keep("c", "3")
    assert uploads.id_of("c") == "3"
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    unwritable = UnfinishedUploads()
    unwritable.keep("d", "4")
    assert unwritable.id_of("d") is None
