"""Predictions under faults: each is answered rightly, or by a clean 503.

A few calls and one fault of each kind. `faults.py` has five thousand (docs/benchmarks.md).
"""

from tests.classifier.prediction.storms import platform, require_nothing_lost, storm_of  # noqa: F401


def test_calls_under_faults(platform, user, make_model_version):  # noqa: F811
    version = make_model_version(user)
    storm = storm_of(platform, user, version, seed=1)
    pauses = iter([0.3, 1.0, 1.0, 600.0])
    storm.rage(60, clients=6, pause=lambda _: next(pauses, 600.0))
    require_nothing_lost(storm)
    assert sum(storm.seen.answered.values()) + sum(storm.seen.refused.values()) == 60
    assert storm.seen.answered.total() >= 20
