"""A machine starts only so many decoding processes for uploads, however many come at once."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from common.fair_gate import FairGate
from datasets.decoding.budget import decoder_for
from datasets.decoding.slots import decoder_slot
from datasets.errors import DecodersBusy
from datasets.models import Image
from storage import scratch
from tests import factories
from tests.datasets.conftest import png


def test_sixteen_at_once_have_two_places(settings):
    settings.UPLOAD_DECODERS = 2
    inside, most = Counter(), []

    def hold(number: int) -> None:
        with decoder_for(User(pk=number)):
            inside["now"] += 1
            most.append(inside["now"])
            time.sleep(0.02)
            inside["now"] -= 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(hold, range(16)))
    assert (len(most), max(most)) == (16, 2)


def test_another_process_takes_its_places_from_the_same_budget(api, user, settings):
    """A lock on a file counts for all processes of the machine."""
    settings.UPLOAD_DECODERS, settings.UPLOAD_WAIT_SECONDS = 2, 0.2
    dataset = factories.make_dataset(user=user)
    url = f"/api/v1/datasets/{dataset.pk}/images/"
    folder = scratch.decoders_dir()
    staged = settings.SCRATCH_DIR / "requests"
    with ExitStack() as others:
        for _ in range(2):
            others.enter_context(decoder_slot(folder, 2, time.monotonic()))
        answer = api.post(url, {"images": SimpleUploadedFile("a.png", png(1))}, format="multipart")
        assert (answer.status_code, answer.json()["code"]) == (503, "decoders_busy")
        assert int(answer.headers["Retry-After"]) > 0
        assert "decodes 2 uploads at a time" in answer.json()["detail"]
        assert list(staged.iterdir()) == []
    answer = api.post(url, {"images": SimpleUploadedFile("a.png", png(1))}, format="multipart")
    assert answer.json()["results"][0]["status"] == 201
    assert Image.objects.filter(dataset=dataset).count() == 1


def test_who_has_fewer_places_comes_first():
    gate = FairGate(2)
    order: list[str] = []
    first = [gate.ask("eve"), gate.ask("eve")]
    waiting = [("eve", gate.ask("eve")) for _ in range(8)] + [("ann", gate.ask("ann"))]
    assert all(place.done() for place in first)
    for _ in range(3):
        gate.leave("eve")
        order += [key for key, place in waiting if place.done() and key not in order]
    assert order[0] == "ann"


def test_nobody_has_more_than_a_share_and_who_gives_up_takes_no_place():
    gate = FairGate(3, share=2)
    eve = [gate.ask("eve") for _ in range(3)]
    assert [place.done() for place in eve] == [True, True, False]
    assert gate.ask("ann").done()
    gate.give_up("eve", eve[2])
    gate.leave("eve")
    ann = gate.ask("ann")
    assert ann.done()
    gate.give_up("ann", ann)
    assert gate.ask("bob").done()
    with pytest.raises(TimeoutError), gate.entered("joe", 0.01):
        pass
    gate.leave("bob")
    with gate.entered("joe", 0.01):
        pass


def test_a_place_is_free_when_its_work_fails(settings):
    settings.UPLOAD_DECODERS, settings.UPLOAD_WAIT_SECONDS = 1, 0.1
    user, started, ended = User(pk=1), threading.Event(), threading.Event()

    def hold() -> None:
        with decoder_for(user):
            started.set()
            ended.wait(10)

    with pytest.raises(ZeroDivisionError), decoder_for(user):
        raise ZeroDivisionError
    thread = threading.Thread(target=hold)
    thread.start()
    started.wait(10)
    with pytest.raises(DecodersBusy), decoder_for(user):
        pass
    ended.set()
    thread.join()
    with decoder_for(user):
        pass
