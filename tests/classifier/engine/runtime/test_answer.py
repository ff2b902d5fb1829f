"""What a predict worker sends back, and what is kept of it."""

import json

import numpy as np
import pytest

from classifier.engine import target
from classifier.engine.errors import BadModelFile, Unreadable
from classifier.engine.runtime.answer import Answer, Fault, ImageResult
from classifier.engine.target import ImageAnswer

ANSWER = target.answer(np.array([0.2, 0.5, 0.3], np.float32), ["a", "b", "c"], 2)
REFUSED = Fault(code="empty_file", detail="The file is empty.")


def test_an_answer_arrives_as_it_was_sent() -> None:
    sent = Answer(
        images=(ImageResult(answer=ANSWER), ImageResult(fault=REFUSED)),
        decode_ms=1.5, inference_ms=2.5, started_at=1e9,
    )  # fmt: skip
    read = Answer.from_json(json.loads(json.dumps(sent.to_json())))
    assert read == sent
    assert [each.class_name for each in read.images[0].answer.classes] == ["b", "c"]
    assert (sent + read).images == sent.images * 2
    assert ((sent + read).inference_ms, (sent + read).started_at) == (5.0, 1e9)


def test_a_request_without_an_answer_says_why() -> None:
    failed = Answer.failed(BadModelFile("It is damaged.", "Restore it."))
    assert Answer.from_json(failed.to_json()).error == Fault(
        code="bad_model_file", detail="It is damaged.", hint="Restore it."
    )


@pytest.mark.parametrize(
    "sent",
    [
        {"images": [{"classes": []}], "decode_ms": 0.0, "inference_ms": 0.0, "started_at": 1.0},
        # Before, `started_at` was a moment.
        {"schema": 1, "images": [], "started_at": 1e9},
        {"schema": 3, "images": []},
        {"schema": 2, "images": [{"classes": []}]},
    ],
)
def test_what_another_version_sends_is_refused(sent) -> None:
    with pytest.raises(Unreadable, match="Answer"):
        Answer.from_json(sent)


def test_what_is_kept_is_read_back_also_the_bare_list_of_before() -> None:
    kept = json.loads(json.dumps(ANSWER.to_json()))
    assert ImageAnswer.from_json(kept) == ImageAnswer.from_json(kept["classes"]) == ANSWER
    with pytest.raises(Unreadable, match="schema 2"):
        ImageAnswer.from_json({**kept, "schema": 2})
