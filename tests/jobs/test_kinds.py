"""What pages tell about the kinds of work."""

from uuid import uuid4

import pytest

from classifier.experiments.kinds import EXPERIMENT_JOBS
from classifier.training.kinds import (
    SEARCH_HEAD_RATE,
    SEARCH_RATE,
    TRAIN,
    TRAIN_HEAD,
    TRAIN_MEMBER,
    TRAIN_MEMBER_HEAD,
)
from jobs import kinds
from jobs.models import BY_ITSELF, Job
from jobs.selectors.jobs import page_of
from jobs.services.chunks import HELP_PRIORITY

KINDS = [kind for kind in kinds.all_kinds() if not kind.name.startswith("test_")]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_job_that_people_see_leads_to_what_it_works_on(kind):
    subject = str(uuid4())
    job = Job(kind=kind.name, payload={kind.page.key: subject} if kind.page else {})
    assert (page_of(job) is None) == kind.is_part
    assert kind.is_part or subject in page_of(job)[1]


def test_what_helps_a_persons_import_goes_last_and_is_no_background_work():
    assert Job(kind="embed_images", priority=BY_ITSELF).in_background
    assert not Job(kind="embed_images").in_background
    assert not Job(kind="help_import", priority=HELP_PRIORITY).in_background
    assert HELP_PRIORITY < 0


def test_a_job_whose_payload_or_kind_is_of_old_leads_nowhere():
    assert page_of(Job(kind="import", payload={"dataset": "1"})) is None
    assert page_of(Job(kind="forgotten", payload={"dataset": "1"})) is None


def test_every_kind_has_a_title_of_its_own():
    """Jobs are filtered by it."""
    titles = [kind.title for kind in KINDS if not kind.is_part]
    assert len(titles) == len(set(titles))


def test_only_trainings_need_a_gpu_and_what_loads_slowly():
    assert TRAIN.needs.gpu
    assert not TRAIN_HEAD.needs.gpu
    assert TRAIN_HEAD.queue != TRAIN.queue, "seconds do not wait behind hours"
    assert TRAIN_HEAD.needs.title == "", "what it begins with is loaded in a moment"
    # A search for a learning rate takes the same steps.
    assert SEARCH_RATE.needs == TRAIN.needs
    assert SEARCH_HEAD_RATE.needs == TRAIN_HEAD.needs
    networks = {TRAIN.name, TRAIN_MEMBER.name, SEARCH_RATE.name}
    assert {kind.name for kind in KINDS if kind.needs.gpu} == networks
    assert {kind.name for kind in KINDS if kind.needs.title} == networks
    assert all(kind.needs == TRAIN_HEAD.needs for kind in (TRAIN_MEMBER_HEAD, *EXPERIMENT_JOBS))


def test_kinds_of_a_queue_share_a_warm_process_but_for_what_loads_slowly():
    shared = kinds.preload_of(kinds.get("import"))
    assert {kinds.preload_of(kind) for kind in KINDS if kind.queue == "io"} == {shared}
    assert {*TRAIN_HEAD.needs.preload, *kinds.get("check_quality").needs.preload} <= {*shared}
    assert kinds.preload_of(TRAIN) == TRAIN.needs.preload
    assert kinds.preload_of(kinds.get("fit_instant")) == ("scipy.optimize", "sklearn.cluster")
