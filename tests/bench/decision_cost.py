"""What a decision costs a prediction, in CPU milliseconds of the web server and its workers.

    .venv/bin/python -m pytest tests/bench/decision_cost.py -s

The platform and the model of `predict_latency`. Turns of 400 requests of eight clients, with a
decision and without one after the other, so that what else the machine does falls on both. The
training vectors are as many as may be kept, 5,000: those of the photographs, each with noise; of
the asked images one in twenty is unknown, which takes a look at all of them.
"""

import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from django.db import transaction

from accounts.models import APIToken
from classifier.engine.files import facts_of
from classifier.engine.measure.decision import MOST_REFERENCES, Wish
from classifier.engine.measure.decision_answers import gathered
from classifier.engine.runtime.decider import distances, unit_rows
from classifier.engine.runtime.predictor import Predictor
from classifier.models import Decision
from classifier.registry.services.decision import Measured, set_decision, store_measured
from common.pixels import read_pixels
from tests.bench import predict_latency
from tests.bench.predict_latency import Target, cpu_seconds, train
from tests.classifier.trained import end_job

photographs = predict_latency.photographs
TURNS, CLIENTS, EACH = 8, 8, 50
WISH = Wish(thresholds={"cats": 0.5, "dogs": 0.5, "snakes": 0.5}, unknown_rate=0.05)


def test_decision_cost(stack, user, photographs, settings):
    """Not a test of figures: it prints them, and fails when an answer is not 200."""
    settings.WEIGHTS_DIR = predict_latency.WEIGHTS
    version = train(stack, user, photographs)
    decide(user, version, photographs)
    secret = APIToken.objects.create(user, name="bench", scopes=["predict"])[1]
    url = f"{stack.url}/api/v1/models/{version.model_id}/predict/"
    images = [image for files in photographs.values() for image in files]
    target = Target(url, {"Authorization": f"Bearer {secret}"}, images)
    name = Decision.objects.get().rule_name
    spent: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    for turn in range(2 * TURNS + 2):
        kind = ("without", "with")[turn % 2]
        Decision.objects.update(rule_name=name if kind == "with" else "")
        before = cpu_seconds(stack)
        ask(target)
        after = cpu_seconds(stack)
        if turn > 1:
            requests = CLIENTS * EACH
            spent[kind].append({each: (after[each] - before[each]) * 1000 / requests
                                for each in after})  # fmt: skip
    print()
    for kind, turns in spent.items():
        parts = {each: statistics.median(turn[each] for turn in turns) for each in turns[0]}
        sums = [sum(turn.values()) for turn in turns]
        told = ", ".join(f"{each} {ms:.2f}" for each, ms in parts.items())
        print(f"  {kind} a decision: {told}; sum {statistics.median(sums):.2f} ms a request")
    differences = [
        sum(one.values()) - sum(other.values())
        for one, other in zip(spent["with"], spent["without"], strict=True)
    ]
    print(f"  difference: {statistics.median(differences):+.3f} ms (median of {TURNS} pairs)")


def ask(target: Target) -> None:
    """Send a turn's requests."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda client: [target.once() for _ in range(EACH)], range(CLIENTS)))


@transaction.atomic
def decide(user, version, photographs) -> None:
    """Measure a decision whose vectors are of the photographs, with noise."""
    row = set_decision(user=user, version=version, wish=WISH)
    predictor = Predictor.load(version.served_path)
    size, fit = predictor.views[0]
    files = [(index, file) for index, each in enumerate(photographs.values()) for file in each]
    pixels = np.stack([read_pixels(file, size, fit) for _, file in files])
    answers, vectors = predictor.predict_with_vectors(pixels)
    truth = np.array([index for index, _ in files])
    random = np.random.default_rng(0)
    rows = np.sort(np.arange(MOST_REFERENCES) % len(vectors))
    noise = random.normal(size=(MOST_REFERENCES, vectors.shape[1])) * vectors.std()
    references = unit_rows(vectors[rows] + noise)
    counts = np.bincount(truth[rows], minlength=len(version.class_names))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "references.npy"
        np.save(path, references)
        measured = Measured(
            answers=gathered(answers, truth, distances(vectors, references)),
            starts=[0, *np.cumsum(counts).tolist()],
            contents=bytes(32 * MOST_REFERENCES),
            path=path,
            facts=facts_of(path),
        )
        store_measured(version=version, measured=measured)
    end_job(row.job)
