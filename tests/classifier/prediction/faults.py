"""Five thousand predictions of every kind under faults; prints what came of them.

    .venv/bin/python -m pytest tests/classifier/prediction/faults.py -s

Every few seconds the predict worker is killed, or one of both Redis servers restarted.
"""

import time

import pytest

from classifier.models import Prediction
from classifier.prediction.services.delete_kept import sweep_kept_files
from tests.classifier.prediction.storms import (  # noqa: F401
    platform,
    require_nothing_lost,
    storm_of,
)

CALLS, CLIENTS, SEED = 5000, 8, 17
pytestmark = pytest.mark.timeout(3000)


def test_five_thousand(platform, user, make_model_version):  # noqa: F811
    version = make_model_version(user)
    storm = storm_of(platform, user, version, SEED)
    began = time.monotonic()
    storm.rage(CALLS, CLIENTS, pause=lambda rng: rng.uniform(6, 14))
    took, seen = time.monotonic() - began, storm.seen
    print(f"\n  {CALLS} calls, {CLIENTS} clients, seed {SEED}: {took:.0f} s, ", end="")
    print(f"the longest {seen.longest:.1f} s")
    print(f"  harm: {dict(storm.harm)}")
    print(f"  answered: {dict(seen.answered)}, {seen.answered.total()} in all")
    print(f"  503: {dict(seen.refused)}, {seen.refused.total()} in all")
    given, rows = len(seen.ids), Prediction.objects.count()
    print(f"  predictions given out: {given}; rows: {rows}; faults: {len(seen.faults)}")
    print(*seen.faults[:10], sep="\n")
    sweep_kept_files()
    require_nothing_lost(storm)
    assert seen.answered.total() + seen.refused.total() == CALLS
