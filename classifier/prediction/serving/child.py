"""The model process: runs models, one task per image, on one thread more than there are cores.

Started by `ModelProcess`; reads requests from standard input until that closes, writes an answer
for each to standard output, in whatever order they are done. Knows no Django, no database, no
secret. Files are decoded in processes of their own: a bad one costs its own answer. Whatever kills
this process is repaired by the server.
"""

import itertools
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from classifier.engine.errors import EngineError
from classifier.engine.explain.explainer import Explainer
from classifier.engine.explain.picture import MAP_SIDE, OVERLAY_SIDE
from classifier.engine.runtime.answer import Answer, Fault, HeatMap, ImageResult
from classifier.engine.runtime.head_predictor import Answering
from classifier.engine.runtime.views import joined
from classifier.engine.samples import Pixels
from classifier.prediction.serving import image_reader
from classifier.prediction.serving.deciders import Deciders
from classifier.prediction.serving.explainers import Explainers
from classifier.prediction.serving.frames import (
    OVERDUE,
    Header,
    Overdue,
    read_frame,
    write_frame,
)
from classifier.prediction.serving.image_reader import ImageReader
from classifier.prediction.serving.judge import Judge
from classifier.prediction.serving.model_cache import ModelCache
from classifier.prediction.serving.turns import Turns
from common.garbage import collect_less
from common.imaging import MAX_PIXELS
from programs.launch import Program

MAX_THREADS = 8
MAX_SESSIONS = 8
MAX_MODEL_BYTES = 1 << 30
# What is left of the client's patience when a heat-map is given up, so that the classes arrive.
ANSWER_MARGIN_SECONDS = 1.5
TOO_MANY_PIXELS = "too_many_pixels"


class Task(NamedTuple):
    """A piece of work for a thread with a reader, until a time in the seconds of `time.time()`."""

    work: Callable[[ImageReader], Any]
    deadline: float
    result: "Future[Any]"


class More(NamedTuple):
    """What is left of a task that has had its turn."""

    work: Callable[[ImageReader], Any]


class Child:
    """Answers requests `{id, path, sha256, top_k, deadline, payers, max_pixels}`; files are blobs.

    With `rule` and the other fields of `server.Judgement`, as that has them, more is said.

    `deadline` is in the seconds of `time.time()`: past it, what is left of a request is dropped.
    `payers` share the processors' time with those of other requests.
    """

    def __init__(self, output: BinaryIO, decoder: Program = image_reader.PROGRAM) -> None:
        self._output = output
        self._writing = threading.Lock()
        self._models = ModelCache(MAX_SESSIONS, MAX_MODEL_BYTES)
        self._deciders = Deciders()
        self._explainers = Explainers()
        # A request waits there for its model to be loaded or its pixels to be counted.
        self._preparing = ThreadPoolExecutor(64, "request")
        each = min(len(os.sched_getaffinity(0)), MAX_THREADS)
        self._turns: Turns[Task] = Turns(each)
        # The last begins what a newcomer asks while another person's images keep the others busy.
        for _ in range(each + 1):
            reader = ImageReader(decoder)
            threading.Thread(target=self._work, args=[reader], name="image", daemon=True).start()

    def serve(self, requests: BinaryIO) -> None:
        """Answer until the other side closes the pipe."""
        while (frame := read_frame(requests)) is not None:
            header, files = frame
            started_at = time.time()
            predictor = self._models.at_hand(header["sha256"])
            rule = header.get("rule")
            decider = self._deciders.at_hand(rule["name"]) if rule else None
            # A heat-map is seldom asked for: its explainer may be looked for as if it were new.
            unready = (rule and decider is None) or header.get("explain")
            if predictor is None or unready or _may_have_too_many_pixels(header, files):
                self._preparing.submit(self._prepare, header, files, started_at)
            else:
                self._begin(header, files, Judge.of(predictor, decider, header), started_at)

    def _prepare(self, header: Header, files: list[bytes], started_at: float) -> None:
        try:
            if _may_have_too_many_pixels(header, files):
                self._count_pixels(header, files)
            file = Path(header["path"]), header["sha256"]
            predictor = self._models.get(*file)
            rule = header.get("rule")
            explainer = self._explainer(header, *file) if header.get("explain") else None
            decider = self._deciders.get(rule) if rule else None
            judge = Judge.of(predictor, decider, header, explainer)
        except Exception as error:  # the boundary of a request
            self._write(header, _failed(error, started_at))
        else:
            self._begin(header, files, judge, started_at)

    def _explainer(self, header: Header, path: Path, sha256: str) -> Explainer:
        """Return what explains the model; its payers pay for its opening."""
        if found := self._explainers.at_hand(sha256):
            return found
        deadline = header["deadline"]
        (opened,) = self._add(header, [lambda _: self._explainers.get(path, sha256, deadline)])
        explainer: Explainer = opened.result()
        return explainer

    def _begin(self, header: Header, files: list[bytes], judge: Judge, started_at: float) -> None:
        """Lay the images down for the threads; the one that ends the last writes the answer."""
        results = self._add(
            header,
            [partial(_one, judge, file, header["deadline"]) for file in files],
        )
        left = itertools.count(len(results) - 1, -1)

        def finish(_: "Future[Any] | None" = None) -> None:
            if next(left) <= 0:
                self._write(header, _joined(results, started_at))

        for result in results:
            result.add_done_callback(finish)
        if not results:
            finish()

    def _write(self, header: Header, answer: Answer) -> None:
        with self._writing:
            write_frame(self._output, {"id": header["id"], **answer.to_json()})

    def _count_pixels(self, header: Header, files: list[bytes]) -> None:
        """Raise `EngineError` where all images of a request would take too much work."""
        (counted,) = self._add(
            header, [lambda reader: reader.count_pixels(files, header["deadline"])]
        )
        pixels, allowed = counted.result(), header["max_pixels"]
        if pixels > allowed:
            raise EngineError(
                TOO_MANY_PIXELS,
                f"All images of a request together may have up to {allowed / 1e6:,.0f} million "
                f"pixels; these {len(files)} have {pixels / 1e6:,.0f} million. Send fewer at once, "
                "or scale them down.",
            )

    def _add(
        self, header: Header, work: Sequence[Callable[[ImageReader], Any]]
    ) -> "list[Future[Any]]":
        """Lay work down that is done in fair turns; return what each piece will return."""
        tasks = [Task(each, header["deadline"], Future()) for each in work]
        self._turns.add(tasks, tuple(header["payers"]))
        return [task.result for task in tasks]

    def _work(self, reader: ImageReader) -> None:
        """Do what comes next, for ever."""
        reader.start()
        while True:
            turn = self._turns.take()
            task = turn.task
            try:
                if time.time() >= task.deadline:
                    raise Overdue
                found = task.work(reader)
                if isinstance(found, More):
                    self._turns.add([task._replace(work=found.work)], turn.payers)
                else:
                    task.result.set_result(found)
            except Exception as error:  # the boundary: the waiting caller is told
                task.result.set_exception(error)
            finally:
                self._turns.done(turn)


def _may_have_too_many_pixels(header: Header, files: list[bytes]) -> bool:
    return len(files) * MAX_PIXELS > int(header["max_pixels"])


def _joined(results: "Sequence[Future[Any]]", started_at: float) -> Answer:
    try:
        return sum((each.result() for each in results), start=Answer(started_at=started_at))
    except Exception as error:  # the boundary of a request
        return _failed(error, started_at)


def _failed(error: Exception, started_at: float) -> Answer:
    """Return the answer to what went wrong; the server logs it and uses general words."""
    if isinstance(error, Overdue):
        error = EngineError(OVERDUE, "")
    elif not isinstance(error, EngineError):
        error = EngineError("internal", repr(error))
    return Answer.failed(error, started_at)


def _one(judge: Judge, file: bytes, deadline: float, reader: ImageReader) -> Answer | More:
    started = time.perf_counter()
    pixels = _pixels(judge.predictor, file, deadline, reader)
    decoded = time.perf_counter()
    decode_ms = (decoded - started) * 1000
    if isinstance(pixels, Fault):
        return Answer(images=(ImageResult(fault=pixels),), decode_ms=decode_ms)
    result = judge.result(pixels)
    inference_ms = (time.perf_counter() - decoded) * 1000
    if judge.clean and result.answer is not None:
        result = replace(result, clean=reader.clean(file, deadline))
    answer = Answer(images=(result,), decode_ms=decode_ms, inference_ms=inference_ms)
    if judge.explaining is None or result.answer is None:
        return answer
    side = OVERLAY_SIDE if judge.explaining.wish.overlay else MAP_SIDE
    image = reader.read_whole(file, side, deadline)
    if isinstance(image, Fault):
        return replace(answer, images=(ImageResult(fault=image),))
    best = result.answer.classes[0].class_name
    heat_map = judge.heat_map(judge.explaining, pixels, image, best)
    # The classes of a request's other images come first.
    return More(partial(_explained, answer, heat_map, deadline - ANSWER_MARGIN_SECONDS))


def _explained(
    answer: Answer, heat_map: Generator[None, None, HeatMap], until: float, _: ImageReader
) -> Answer | More:
    """Return the answer about one image with its heat-map, or what is left to do for it.

    From `until` on the answer goes without.
    """
    if time.time() >= until:
        return answer
    started = time.perf_counter()
    made = None
    try:
        next(heat_map)
    except StopIteration as end:
        made = end.value
    taken_ms = (time.perf_counter() - started) * 1000
    answer = replace(answer, inference_ms=answer.inference_ms + taken_ms)
    if made is None:
        return More(partial(_explained, answer, heat_map, until))
    return replace(answer, images=(replace(answer.images[0], heat_map=made),))


def _pixels(
    predictor: Answering, file: bytes, deadline: float, reader: ImageReader
) -> Pixels | Fault:
    """Return the image as the model sees it, or what is wrong with it."""
    seen = []
    for view in predictor.views:
        found = reader.read(file, view.size, view.fit, deadline)
        if isinstance(found, Fault):
            return found
        seen.append(found[None])
    return joined(seen)[0]


def main(decoder: Program = image_reader.PROGRAM) -> None:
    """Serve on the pipes that this process was given."""
    # Whatever a library prints must not get between the frames.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    child = Child(output, decoder)
    collect_less()
    child.serve(sys.stdin.buffer)
    os._exit(0)


if __name__ == "__main__":
    main()
