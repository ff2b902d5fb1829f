"""Predictions under faults: each is answered rightly, or by a clean 503, and then all are again.

A few calls and one fault of each kind. `faults.py` has five thousand (docs/benchmarks.md).
"""

from tests.classifier.prediction.storms import platform, require_nothing_lost, storm_of  # noqa: F401
from tests.conftest import wait_until


def _calm(_: object) -> float:
    return 600.0


def test_calls_under_faults(platform, user, make_model_version):  # noqa: F811
    version = make_model_version(user)
    storm = storm_of(platform, user, version, seed=1)
    pauses = iter([0.3, 1.0, 1.0, 600.0])
    storm.rage(60, clients=6, pause=lambda _: next(pauses))
    assert storm.harm == {"worker": 2, "images": 1}
    assert storm.seen.answered.total() + storm.seen.refused.total() == 60

    def answers_again() -> bool:
        before = storm.seen.answered.total()
        storm.rage(1, clients=1, pause=_calm)
        return storm.seen.answered.total() > before

    wait_until(answers_again, 120)
    before = storm.seen.answered.total()
    storm.rage(20, clients=6, pause=_calm)
    assert storm.seen.answered.total() == before + 20
    require_nothing_lost(storm)
