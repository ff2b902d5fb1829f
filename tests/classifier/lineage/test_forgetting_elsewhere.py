"""Forgetting on machines that share a bucket alone."""

import io
from pathlib import Path

import numpy as np
import pytest

from classifier.engine.measure.decision import Wish
from classifier.models import Decision
from classifier.models.decision import REFERENCES_FILE
from classifier.prediction.serving.rules import rule_header
from classifier.registry.services.forget_references import UnknownVectors, forget_references
from common.hashing import sha256_file
from storage import durable
from storage.names import model_file_name
from tests import factories
from tests.classifier.decided import make_decision
from tests.storage.conftest import s3_store, s3_url  # noqa: F401


@pytest.fixture
def on(settings, tmp_path):
    """Give a function after which this process is on the machine of that name."""

    def move(name):
        settings.SCRATCH_DIR = tmp_path / name
        durable._object_store.cache_clear()

    return move


def stored(name):
    return np.load(io.BytesIO(b"".join(durable.blocks(name))))


def test_two_machines_forget_and_a_third_decides(s3_store, on, make_model_version, db):  # noqa: F811
    user = factories.make_user()
    on("a")
    made = make_model_version(user)
    row = make_decision(user, made, Wish(precision=0.9))
    name = model_file_name(made.pk, REFERENCES_FILE)
    first, second, count = row.content_of(3), row.content_of(0), len(stored(name))
    on("b")
    before = rule_header(str(made.pk), row.rule_name)
    assert sha256_file(Path(before["references"])) == row.references["sha256"]
    on("a")
    assert forget_references(decision=row, sha256=first) == 1
    # This machine's copy still has the one that was forgotten there.
    on("b")
    row = Decision.objects.get(pk=row.pk)
    assert forget_references(decision=row, sha256=second) == 1
    row = Decision.objects.get(pk=row.pk)
    assert len(stored(name)) == count - 2 == len(bytes(row.contents)) // 32
    for machine in "bc":
        on(machine)
        header = rule_header(str(made.pk), row.rule_name)
        assert header["name"] == row.rule_name
        assert sha256_file(Path(header["references"])) == row.references["sha256"]


def test_vectors_that_no_attempt_has_left_are_not_written_back(
    s3_store,  # noqa: F811
    on,
    make_model_version,
    db,
):
    user = factories.make_user()
    on("a")
    made = make_model_version(user)
    row = make_decision(user, made, Wish(precision=0.9))
    name = model_file_name(made.pk, REFERENCES_FILE)
    sha256, vectors = row.content_of(3), stored(name)
    # An attempt has written them, and its transaction did not end.
    stream = io.BytesIO()
    np.save(stream, np.delete(vectors, 3, axis=0))
    durable.write(name, [stream.getvalue()])
    assert forget_references(decision=Decision.objects.get(pk=row.pk), sha256=sha256) == 1
    assert len(stored(name)) == len(vectors) - 1
    stream = io.BytesIO()
    np.save(stream, vectors[:5])
    durable.write(name, [stream.getvalue()])
    row = Decision.objects.get(pk=row.pk)
    with pytest.raises(UnknownVectors, match="5 rows instead of"):
        forget_references(decision=row, sha256=row.content_of(0))
    assert len(stored(name)) == 5
