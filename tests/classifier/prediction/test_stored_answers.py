"""Answers of other versions of Loupe: kept ones open, a worker's are named."""

import time
import uuid
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import pytest
from django.db import IntegrityError, connection

from classifier.engine.measure.related import RelatedClass
from classifier.engine.runtime.answer import Answer, ImageResult
from classifier.engine.target import ClassProbability, ImageAnswer
from classifier.models import Prediction
from classifier.prediction.serializers import answer as serializers
from classifier.prediction.services.answers import (
    Answered,
    AnsweredClass,
    Answers,
    NamedImage,
    Refused,
    Timing,
)
from classifier.prediction.services.keep import Asked, keep_together
from classifier.prediction.serving import mailbox
from classifier.prediction.serving.frames import pack, unpack
from datasets.selectors.classes import ClassNote
from tests import factories
from tests.classifier.conftest import RED

BEFORE = [{"class_name": "red", "probability": 0.875}, {"class_name": "blue", "probability": 0.125}]


@pytest.fixture
def version(user):
    return factories.make_model_version(factories.make_run(user))


@pytest.mark.django_db
def test_kept_answers_are_shown_whoever_wrote_them(page_client, user, version, caplog):
    rows = {
        name: Prediction.objects.create(
            organization=user.personal_organization, model_version=version, name=name,
            image_sha256="0" * 64, answer=answer, created_by=user,
        )
        for name, answer in (
            ("before", BEFORE),
            ("today", {"schema": 1, "classes": BEFORE}),
            ("later", {"schema": 2, "classes": {"red": 0.875}}),
        )
    }  # fmt: skip
    best = ClassProbability("red", 0.875)
    assert rows["before"].classes == rows["today"].classes
    assert rows["before"].classes[0] == best
    assert rows["later"].classes == ()
    assert f"prediction {rows['later'].pk}: ImageAnswer was written with schema 2" in caplog.text
    user.is_staff = user.is_superuser = True
    user.save()
    page = page_client.get("/admin/classifier/prediction/")
    assert page.content.decode().count("red (87.5%)") == 2


@pytest.mark.django_db(transaction=True)
def test_a_row_that_cannot_be_stored_costs_the_others_of_its_group_nothing(user, version):
    def asked(organization):
        return Asked(
            request=mailbox.Request.new(version.pk, "0" * 64, 1), person=user.pk,
            organization=organization, model=version.model_id, version=version.pk, number=1,
            images=[NamedImage("a.png", RED)], known={},
        )  # fmt: skip

    answer = Answer(images=(ImageResult(answer=ImageAnswer.from_json(BEFORE)),))
    own = user.personal_organization.pk
    kept = keep_together([(asked(each), answer) for each in (own, uuid.uuid4(), own)])
    assert isinstance(kept[1], IntegrityError)
    ids = {kept[0].predictions[0].id, kept[2].predictions[0].id}
    assert set(Prediction.objects.values_list("id", flat=True)) == ids
    # A connection that has died is replaced, and nothing is lost with it.
    connection.connection.close()
    assert len(keep_together([(asked(own), answer)] * 2)) == 2
    assert Prediction.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_the_answer_of_a_worker_of_another_version_is_named(api, version, monkeypatch, caplog):
    """Right after an upgrade, when one of the two has not been restarted."""
    monkeypatch.setattr(mailbox, "QUEUE", "a-queue-without-workers")
    factories.make_live(version)
    url = f"/api/v1/models/{version.model_id}/predict/"
    redis = mailbox.client()

    def answer_as_before():
        deadline = time.monotonic() + 9
        while not (number := redis.lpop(mailbox.QUEUE)):
            assert time.monotonic() < deadline
        answer = {"images": [{"classes": BEFORE}], "decode_ms": 1, "inference_ms": 1,
                  "started_at": time.time()}  # fmt: skip
        request, _ = unpack(redis.getdel(f"loupe:predict:{number.decode()}:images"))
        redis.rpush(request["answers"], pack({"id": request["id"], "answer": answer}))

    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(answer_as_before)
        refused = api.post(url, {"images": [b64encode(RED).decode()]})
        worker.result()
    assert (refused.status_code, refused.json()["code"]) == (503, "no_worker")
    assert "another version of Loupe" in refused.json()["detail"]
    assert "Answer was written with schema 0" in caplog.text


@pytest.mark.parametrize(
    ("kind", "serializer"),
    [
        (Answers, serializers.PredictAnswerSerializer),
        (Timing, serializers.TimingSerializer),
        (RelatedClass, serializers.RelatedClassSerializer),
        (ClassNote, serializers.ClassNoteSerializer),
    ],
)
def test_the_schema_says_what_is_answered(kind, serializer):
    assert {field.name for field in fields(kind)} == set(serializer().fields)


def test_the_schema_says_both_kinds_of_entries():
    said = {field.name for kind in (Answered, Refused) for field in fields(kind)}
    assert said == set(serializers.PredictionEntrySerializer().fields)
    assert said - {"id", "images", "each", "kept"} == set(serializers.ImageEntrySerializer().fields)
    known = set(AnsweredClass.__struct_fields__)
    assert known == set(serializers.AnsweredClassSerializer().fields)
