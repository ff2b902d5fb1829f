"""Predictions under faults: each is answered rightly, or by a clean 503.

A few calls and one fault of each kind. `faults.py` has five thousand (docs/benchmarks.md).
"""

from datetime import timedelta

import pytest

from accounts.models import APIToken
from classifier.models import KeptPrediction, Prediction
from storage import durable
from tests.classifier.conftest import BLUE, GREEN, RED
from tests.classifier.kept import keep_on
from tests.torture.storm import Picture, Platform, Storm

PICTURES = [Picture(RED, "red"), Picture(GREEN, "green"), Picture(BLUE, "blue")]


@pytest.fixture
def platform(stack, tmp_path):
    platform = Platform(stack, tmp_path)
    yield platform
    platform.stop()


def storm_of(platform, user, version, seed: int) -> Storm:
    """A storm by a token of the user's, whose predictions are kept."""
    keep_on(user.personal_organization)
    secret = APIToken.objects.create(
        user, name="storm", scopes=["predict"], expiry=timedelta(days=1)
    )[1]
    path = f"/api/v1/models/{version.model_id}/predict/"
    return Storm(platform, path, secret, PICTURES, seed)


def require_nothing_lost(storm: Storm) -> None:
    """Every id that was given out has its row, and every image that was kept its file."""
    seen = storm.seen
    assert seen.faults == []
    assert len(set(seen.ids)) == len(seen.ids)
    assert Prediction.objects.filter(pk__in=seen.ids).count() == len(seen.ids)
    assert set(seen.kept) == set(seen.ids)
    rows = KeptPrediction.objects.all()
    assert set(seen.kept) <= {str(row.prediction_id) for row in rows}
    files = [file.file for row in rows for file in row.files]
    assert durable.missing(files) == []


def test_calls_under_faults(platform, user, make_model_version):
    version = make_model_version(user)
    storm = storm_of(platform, user, version, seed=1)
    pauses = iter([0.3, 1.0, 1.0, 600.0])
    storm.rage(60, clients=6, pause=lambda _: next(pauses, 600.0))
    require_nothing_lost(storm)
    assert sum(storm.seen.answered.values()) + sum(storm.seen.refused.values()) == 60
    assert storm.seen.answered.total() >= 20
