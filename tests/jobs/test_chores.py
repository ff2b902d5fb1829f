"""What apps tidy up now and then."""

from jobs.services import chores


def test_a_chore_that_fails_keeps_no_other_from_its_turn(monkeypatch, caplog):
    monkeypatch.setattr(chores, "_chores", [])
    done = []

    def broken():
        raise OSError("the disk is gone")

    def tidy():
        done.append("tidy")

    chores.register(broken, tidy)
    chores.register(tidy)
    chores.run_all()
    assert done == ["tidy"]
    assert "broken failed" in caplog.text
