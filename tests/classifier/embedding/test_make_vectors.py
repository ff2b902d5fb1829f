"""Vectors of contents for whatever job needs them: in order, stored, shared with other jobs."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier, Event

import numpy as np
import pytest
from django.db import connection

from classifier.embedding.work import make_vectors
from classifier.embedding.work.make_vectors import VectorMaker
from classifier.engine.backbones.catalog.mobilenet_v2 import MOBILENET_V2
from classifier.engine.backbones.opened import OpenBackbone, open_backbone
from common.pixels import read_pixels
from datasets.errors import UnreadableImages
from datasets.models import Dataset, Vector
from datasets.selectors.vectors import lacking, vectors_of_contents
from datasets.services.vectors.claims import claimed
from datasets.services.vectors.store_vectors import store_vectors
from jobs.child.context import JobContext
from jobs.child.reporter import Reporter
from jobs.errors import JobCancelled
from jobs.kinds import Kind, Queue
from jobs.services.claim import claim
from jobs.services.enqueue import enqueue
from storage import scratch
from storage.durable import local_blob
from tests import factories
from tests.datasets.analysis.features import WEIGHTS

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.shared_data,
    pytest.mark.skipif(WEIGHTS is None, reason="../shared/data is missing"),
]
KIND = Kind(name="needs_vectors", title="Some training", queue=Queue.IO)


@pytest.fixture
def dataset() -> Dataset:
    return factories.make_dataset(user=factories.make_user())


@pytest.fixture
def backbone() -> OpenBackbone:
    assert WEIGHTS is not None
    return open_backbone(MOBILENET_V2, weights_dir=WEIGHTS.parent, folder=scratch.backbones_dir())


@pytest.fixture
def another_context(dataset) -> Iterator[Callable[[], JobContext]]:
    """Makes what a job of the dataset's organization is given."""
    with closing(os.fdopen(os.open(os.devnull, os.O_WRONLY))) as nowhere:

        def make() -> JobContext:
            enqueue(
                kind=KIND,
                organization=dataset.organization,
                created_by=None,
                title="Vectors",
                payload={},
            )
            job = claim(queue="io", worker="tests")
            assert job is not None
            return JobContext(job, Reporter(job.pk, job.fence, nowhere.fileno()))

        yield make


@pytest.fixture
def context(another_context) -> JobContext:
    """What a job of the dataset's organization is given."""
    return another_context()


def contents_of(dataset: Dataset) -> list[str]:
    return sorted(dataset.images.values_list("sha256", flat=True))


def test_vectors_and_their_twins_come_in_order_and_are_made_once(dataset, context, backbone):
    factories.make_images(dataset, "cat", 30)
    contents = contents_of(dataset)
    asked = [*contents[::2], contents[4], *contents[1::2]]
    maker = VectorMaker(
        context, organization_id=dataset.organization_id, backbone=backbone, twins=True
    )
    plain, mirrored = maker.vectors(asked)
    assert maker.computed == len(contents) == 30
    assert Vector.objects.count() == 60
    pixels = np.stack([read_pixels(local_blob(sha256), 224) for sha256 in asked[:3]])
    np.testing.assert_allclose(plain[:3], backbone.predict(pixels), atol=2e-2)
    np.testing.assert_allclose(mirrored[:3], backbone.predict(pixels[:, :, ::-1]), atol=2e-2)
    assert np.array_equal(plain[2], plain[len(contents[::2])])
    assert [space.mirrored for space in maker.spaces] == [False, True]

    again = VectorMaker(context, organization_id=dataset.organization_id, backbone=backbone)
    assert np.array_equal(again.vectors(asked)[0], plain)
    assert again.computed == 0


def test_what_another_job_makes_meanwhile_is_not_made_twice(dataset, context, backbone):
    """The other one begins at the other end; here it is much faster."""
    factories.make_images(dataset, "cat", 700)
    contents = contents_of(dataset)
    maker = VectorMaker(context, organization_id=dataset.organization_id, backbone=backbone)
    [space] = maker.spaces
    other = np.full(space.width, 7.0)
    told: list[tuple[int, int]] = []

    def on_progress(done: int, total: int) -> None:
        told.append((done, total))
        if done and len(told) == 2:
            vectors = dict.fromkeys(contents[: 700 - done], other)
            store_vectors(organization_id=dataset.organization_id, space=space, vectors=vectors)

    assert maker.make(contents[::-1], on_progress) == {}
    assert lacking(dataset.organization_id, contents, space) == []
    assert 0 < maker.computed < 300
    assert told[0] == (0, 700)
    assert told[-1] == (700, 700)
    found = vectors_of_contents(dataset.organization_id, contents, space)
    sevens = (found.values == 7).all(axis=1)
    assert sevens.sum() == 700 - maker.computed
    assert not sevens[-maker.computed :].any()


def test_two_jobs_that_want_the_same_make_each_vector_once(dataset, backbone, another_context):
    """Two trainings begin at the same end at the same time."""
    factories.make_images(dataset, "cat", 400)
    contents = contents_of(dataset)
    contexts = [another_context(), another_context()]
    both_are_here = Barrier(2, timeout=60)

    def make(context: JobContext) -> int:
        with closing(connection):
            maker = VectorMaker(context, organization_id=dataset.organization_id, backbone=backbone)
            both_are_here.wait()
            assert maker.make(contents, lambda done, total: None) == {}
            return maker.computed

    with ThreadPoolExecutor(2) as pool:
        computed = list(pool.map(make, contexts))
    assert sum(computed) == Vector.objects.count() == 400
    assert min(computed) > 0


def test_what_another_job_leaves_undone_is_made_all_the_same(
    dataset, context, backbone, monkeypatch
):
    monkeypatch.setattr(make_vectors, "_PATIENCE_SECONDS", 0.2)
    factories.make_images(dataset, "cat", 10)
    contents = contents_of(dataset)
    maker = VectorMaker(context, organization_id=dataset.organization_id, backbone=backbone)
    [space] = maker.spaces
    held, done = Event(), Event()

    def hold() -> None:
        with closing(connection), claimed(dataset.organization_id, space, contents[:4]) as mine:
            assert mine == set(contents[:4])
            held.set()
            done.wait(60)

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        held.wait(60)
        try:
            assert maker.make(contents, lambda done, total: None) == {}
        finally:
            done.set()
        holding.result()
    assert maker.computed == Vector.objects.count() == 10


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_kept(
    dataset, context, backbone, tmp_path
):
    [image, *others] = factories.make_images(dataset, "bee", 5)
    local_blob(image.sha256).rename(tmp_path / "away")
    maker = VectorMaker(context, organization_id=dataset.organization_id, backbone=backbone)
    try:
        with pytest.raises(
            UnreadableImages,
            match=f"The image file {image.sha256} can no longer be read. The file is missing.",
        ):
            maker.vectors(contents_of(dataset))
    finally:
        (tmp_path / "away").rename(local_blob(image.sha256))
    assert {row.sha256 for row in Vector.objects.all()} == {other.sha256 for other in others}


def test_a_cancelled_job_stops_and_keeps_what_was_stored(dataset, context, backbone):
    factories.make_images(dataset, "cat", 300)
    maker = VectorMaker(context, organization_id=dataset.organization_id, backbone=backbone)

    def on_progress(done: int, total: int) -> None:
        if done:
            context.ask_to_stop("cancel")

    with pytest.raises(JobCancelled):
        maker.make(contents_of(dataset), on_progress)
    assert Vector.objects.count() == maker.computed
    assert 0 < maker.computed < 300
