"""Following jobs: live where it can be, by asking where it cannot."""

import io
import json
import sys

import pytest

from loupe import Loupe, errors
from loupe.batches import BatchPrediction
from loupe.progress import Progress
from tests.client.conftest import Asked, Told, problem

JOB = {
    "id": "1", "title": "Train", "kind": "train", "attempts": 1, "error": None, "result": None,
    "progress": {"done": 0, "total": 3, "message": "Epoch 0 of 3", "eta_seconds": 75},
}  # fmt: skip


def stream(*events: tuple[str, str, dict]) -> Told:
    told = [f"id: {id_}\nevent: {name}\ndata: {json.dumps(data)}" for id_, name, data in events]
    text = "\n\n".join([": still here", *told, ""])
    return Told(200, text.encode(), {"Content-Type": "text/event-stream"})


@pytest.fixture
def follow(server, client_api):
    """`follow(streams, states)`: a job whose event streams and states come in this order."""

    def _follow(streams: list[Told], states: list[str]):
        def answer(asked: Asked) -> Told:
            if asked.path.endswith("/events/"):
                return streams.pop(0)
            status = states.pop(0) if len(states) > 1 else states[0]
            return Told(200, {**JOB, "status": status})

        server.answer = answer
        return Loupe(client_api).job("1")

    return _follow


def test_a_stream_that_was_cut_goes_on_where_it_was(server, follow, quick):
    first = stream(("5-0", "epoch", {"epoch": 1}), ("6-0", "log", {"message": "one"}))
    second = stream(("7-0", "epoch", {"epoch": 2}), ("8-0", "status", {**JOB, "status": "failed"}))
    job = follow([first, Told(0), second], ["running", "running", "running"])
    told = [(each.name, each.data) for each in job.events() if each.name in ("epoch", "log")]
    assert told == [("epoch", {"epoch": 1}), ("log", {"message": "one"}), ("epoch", {"epoch": 2})]
    assert job.status == "failed"
    streams = [asked for asked in server.asked if asked.path.endswith("/events/")]
    assert [asked.headers.get("Last-Event-ID") for asked in streams] == [None, "6-0", "6-0"]
    assert [asked.headers["Accept"] for asked in streams] == ["text/event-stream"] * 3


def test_without_a_stream_it_is_asked_again_and_again(follow, quick):
    busy = problem(429, "too_many_streams", "A person may have 40.", Retry_After="10")
    job = follow([busy] * 3, ["queued", "running", "running", "succeeded"])
    states = [event.data["status"] for event in job.events() if event.name == "status"]
    assert states == ["running", "running", "succeeded"]
    # Not after ten seconds, which are for the next stream: once a second.
    assert quick == [1, 1, 1]
    assert job.wait(progress=False).status == "succeeded"


def test_a_wait_has_an_end_and_the_job_goes_on(follow, quick):
    busy = problem(429, "too_many_streams", "A person may have 40.")
    job = follow([busy] * 9, ["running"])
    with pytest.raises(errors.StillRunning, match="Train is running"):
        job.wait(timeout=0, progress=False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_for_people_alone():
    for stream, shown in ((Terminal(), False), (io.StringIO(), True)):
        with Progress("Train", shown=shown, stream=stream) as bar:
            bar.show(1, 4, "Epoch 1 of 4")
        assert stream.getvalue() == ""
    stream = Terminal()
    with Progress("Train", stream=stream) as bar:
        bar.show(1, 4, "Epoch 1 of 4")
        bar.show(4, 4, "done")
    first, last = stream.getvalue().removeprefix("\r\x1b[K").split("\r\x1b[K")
    assert first == "Train  ██████░░░░░░░░░░░░░░░░░░  25%  Epoch 1 of 4"
    assert last == "Train  ████████████████████████ 100%  done\n"


def test_results_are_whole_or_an_error(server, client_api, monkeypatch):
    row = {"index": 0, "name": "a\u2028b.png", "status": 200, "decision": "accept",
           "classes": [{"class_name": "cat", "probability": 0.9}]}  # fmt: skip
    broken = {"index": 1, "name": "b", "status": 422, "code": "unreadable", "detail": "No image."}
    text = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in (row, broken))
    batch = BatchPrediction(Loupe(client_api), {"id": "1"})
    server.in_turn(Told(200, text.encode()))
    assert [(each.name, each.class_name, each.error) for each in batch.results()] == [
        ("a\u2028b.png", "cat", ""), ("b", None, "No image."),
    ]  # fmt: skip
    assert server.asked[-1].path.endswith("results/?format=jsonl")

    class Frame(list):
        def __init__(self, rows, columns) -> None:
            super().__init__(dict(zip(columns, row, strict=True)) for row in rows)

    # pandas is outside, and not installed here.
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(errors.LoupeError, match="Install pandas"):
        batch.to_pandas()
    monkeypatch.setitem(sys.modules, "pandas", type("pandas", (), {"DataFrame": Frame}))
    assert batch.to_pandas()[1]["error"] == "No image."
    server.in_turn(Told(200, text.encode()[:-20]))
    with pytest.raises(errors.UnexpectedAnswer, match="cut off"):
        list(batch.results())
