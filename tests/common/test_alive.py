"""What workers and the clock touch for the health checks of their containers."""

import pytest
from celery.signals import after_task_publish, beat_init, heartbeat_sent

from common.alive import give_sign_of_life
from config import celery


@pytest.fixture
def file(settings, tmp_path):
    settings.ALIVE_FILE = tmp_path / "alive"
    yield settings.ALIVE_FILE
    after_task_publish.disconnect(celery._beat_is_alive)


def test_a_worker_lives_while_its_heart_beats(file):
    assert not file.exists()
    heartbeat_sent.send(sender=None)
    assert file.exists()


def test_the_clock_lives_while_it_gives_work_out(file):
    after_task_publish.send(sender=None)
    assert not file.exists(), "a web server publishes too"
    beat_init.send(sender=None)
    after_task_publish.send(sender=None)
    assert file.exists()


def test_without_a_name_nothing_is_touched(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings.ALIVE_FILE = None
    heartbeat_sent.send(sender=None)
    assert list(tmp_path.iterdir()) == []


def test_who_cannot_touch_it_works_on_and_says_so(settings, tmp_path, caplog):
    settings.ALIVE_FILE = tmp_path / "nowhere" / "alive"
    give_sign_of_life()
    assert "LOUPE_ALIVE_FILE" in caplog.text
    assert str(settings.ALIVE_FILE) in caplog.text
