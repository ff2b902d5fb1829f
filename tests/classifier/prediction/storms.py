"""A storm of predictions under faults, for the short test and the long bench."""

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
