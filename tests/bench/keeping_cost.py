"""What keeping predictions costs their path: off, and on.

    .venv/bin/python -m pytest tests/bench/keeping_cost.py -s

Asks a tiny network (so that the path shows) about photographs of the shared animals set with eight
clients, in turns without and with keeping; prints requests a second, median and p99 in
milliseconds, and the CPU milliseconds of a request. Where nothing can be kept (a Loupe of before),
it prints the turns without alone: so two checkouts are compared.
"""

import json
import statistics
import zipfile
from datetime import timedelta

import pytest

from accounts.models import APIToken, Organization
from tests.bench.predict_latency import Target, cpu_seconds
from tests.classifier.conftest import make_model_version, make_run  # noqa: F401
from tests.conftest import SHARED_DATA_DIR

try:
    from classifier.models import PredictionKeeping
    from tests.classifier.kept import keep_on
except ImportError:
    keep_on = None

TURNS, SECONDS, CLIENTS, IMAGES = 3, 5.0, 8, 60


@pytest.fixture
def photographs(shared_data) -> list[bytes]:
    """Photographs, 256 pixels wide or so."""
    with zipfile.ZipFile(SHARED_DATA_DIR / "animals.zip") as archive:
        names = [name for name in sorted(archive.namelist()) if name.endswith(".jpg")]
        return [archive.read(name) for name in names[:: len(names) // IMAGES][:IMAGES]]


def test_keeping_cost(stack, user, photographs, make_model_version):  # noqa: F811
    version = make_model_version(user)
    secret = APIToken.objects.create(
        user, name="bench", scopes=["predict"], expiry=timedelta(days=1)
    )[1]
    url = f"{stack.url}/api/v1/models/{version.model_id}/predict/"
    target = Target(url, {"Authorization": f"Bearer {secret}"}, photographs)
    target.measure(CLIENTS, 2)
    ways = ["off", "on"] if keep_on else ["off"]
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _ in range(TURNS):
        for way in ways:
            if keep_on:
                keep_on(user.personal_organization)
                # As `set_keeping` leaves it, whose quota asks more.
                PredictionKeeping.objects.update(enabled=way == "on")
                Organization.objects.update(keeps_predictions=way == "on")
            before = cpu_seconds(stack)
            measured = target.measure(CLIENTS, SECONDS)
            after = cpu_seconds(stack)
            requests = measured.rate * SECONDS
            cpu = {name: 1000 * (after[name] - before[name]) / requests for name in after}
            found[way].append({**measured._asdict(), **cpu, "cpu": sum(cpu.values())})
    for way, turns in found.items():
        medians = {
            name: round(statistics.median(turn[name] for turn in turns), 2) for name in turns[0]
        }
        print(f"\n  {way}: {json.dumps(medians)}; rates {[round(turn['rate']) for turn in turns]}")
