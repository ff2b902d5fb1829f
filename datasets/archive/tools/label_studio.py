"""Label Studio: tasks with the choices of annotators (JSON), or a line for each (JSON-MIN, CSV).

Formats: https://labelstud.io/guide/export#Label-Studio-JSON-format-of-annotated-tasks,
https://labelstud.io/guide/export#JSON-MIN and https://labelstud.io/guide/export#CSV. An uploaded
file is `/data/upload/<project>/<8 digits>-<its name>`; files of cloud and local storage keep their
address.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from datasets.archive.labels import Label
from datasets.archive.member import Member
from datasets.archive.names import looks_like_image
from datasets.archive.tools.addresses import path_of
from datasets.archive.tools.export import (
    counted,
    give_classes,
    give_metadata,
    sentences,
    some,
    too_long_texts,
    unsupported,
)

TOOL = "Label Studio"
_UPLOADED = re.compile(r"[0-9a-f]{8}-(?=.)")
# What JSON-MIN adds to the data and the answers of a task.
_OWN_KEYS = frozenset(
    {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement",
     "completed_by", "task", "project"}
)  # fmt: skip
# What one annotator chose, by the name of the question.
Answer = tuple[tuple[str, tuple[str, ...]], ...]
_USUAL = ("choice", "class", "label")
_INSIDE = (
    "picture_inside",
    "The picture itself is written into it. Save it as a file and name that.",
)


def is_task(entry: Any) -> bool:
    """Whether the first entry of an array is a task, with its annotations or in short form."""
    if not isinstance(entry, dict):
        return False
    whole = isinstance(entry.get("data"), dict) and bool(
        entry.keys() & {"annotations", "completions", "predictions"}
    )
    return whole or _is_short(entry)


def is_header(names: Collection[str]) -> bool:
    """Whether these are columns of its CSV: JSON-MIN as a table."""
    return {"annotation_id", "lead_time"} <= set(names)


def read_lines(table: Member, lines: Iterable[Mapping[str, str]]) -> tuple[list[Label], list[str]]:
    """Return what `read` does of the lines of its CSV, by their columns."""
    return read(table, map(_short_task, lines))


def without_prefix(path: str) -> str:
    """Return a path without the digits that Label Studio puts before an uploaded file's name."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + _UPLOADED.sub("", name, count=1)


def read(table: Member, tasks: Iterator[Any]) -> tuple[list[Label], list[str]]:
    """Return a label for each task, and what is to be known of them.

    Annotators who agree give the class, and a ground truth outweighs the others; what was skipped
    (`was_cancelled`) and what a model predicted is no answer. Raises `ArchiveRefused` for answers
    that are no choices, such as boxes.
    """
    reading = _Tasks()
    for task in tasks:
        if isinstance(task, dict):
            reading.add(task)
    if not reading.questions and reading.regions:
        raise unsupported(
            TOOL, table, f"without choices: {reading.regions:,} of its answers mark regions."
        )
    return reading.finished(table)


class _Tasks:
    def __init__(self) -> None:
        self.labels: list[Label] = []
        # Of each label, what annotators chose. Few differ, and equal ones are one object.
        self.answers: list[tuple[Answer, ...]] = []
        self.known: dict[tuple[Answer, ...], tuple[Answer, ...]] = {}
        # In the short form, where each annotation of a task has a line.
        self.places: dict[str, int] = {}
        self.questions: Counter[str] = Counter()
        self.regions = self.predicted = self.skipped = self.too_long = 0
        self.is_short = False

    def add(self, task: dict[str, Any]) -> None:
        data = task.get("data")
        if isinstance(data, dict):
            key = _image_key(data)
            answers = self._answers(task)
        else:
            self.is_short, data, key = True, task, _image_key(task)
            answers = [_short_answer(task, key)]
            self.regions += sum(map(_regions_in, task.values()))
        self.questions.update(question for answer in answers for question, _ in answer)
        # Lines that name no image are of as many images as there are lines.
        if data is not task or not key or not self._has_joined(str(data[key]), answers):
            self._append(task, data, key, answers)

    def _has_joined(self, address: str, answers: list[Answer]) -> bool:
        """Whether an earlier line is of the same image: it has the answers of both then."""
        place = self.places.setdefault(address, len(self.labels))
        if place == len(self.labels):
            return False
        self.answers[place] = (*self.answers[place], *answers)
        return True

    def _append(
        self, task: dict[str, Any], data: dict[str, Any], key: str, answers: list[Answer]
    ) -> None:
        label = Label(file=path_of(str(data[key])) if key else "")
        if not label.file:
            label.file = f"(task {str(task.get('id', len(self.labels) + 1))[:40]})"
            label.absent = _INSIDE if key else ("no_image", "It names no image.")
        if data is not task:
            rest = {name: value for name, value in data.items() if name != key}
            self.too_long += give_metadata(label, rest)
        self.labels.append(label)
        said = tuple(answers)
        self.answers.append(self.known.setdefault(said, said))

    def _answers(self, task: dict[str, Any]) -> list[Answer]:
        annotations = [
            one
            for one in task.get("annotations") or task.get("completions") or []
            if isinstance(one, dict)
        ]
        valid = [one for one in annotations if not one.get("was_cancelled")]
        self.skipped += bool(annotations and not valid)
        valid = [one for one in valid if one.get("ground_truth")] or valid
        self.predicted += bool(task.get("predictions") and not annotations)
        return [self._choices(one.get("result")) for one in valid]

    def _choices(self, results: Any) -> Answer:
        found: dict[str, list[str]] = {}
        for result in results if isinstance(results, list) else ():
            value = result.get("value") if isinstance(result, dict) else None
            if isinstance(value, dict) and isinstance(value.get("choices"), list):
                chosen = found.setdefault(str(result.get("from_name", "choice"))[:80], [])
                chosen += map(str, value["choices"])
            else:
                self.regions += 1
        return tuple((question, tuple(chosen)) for question, chosen in found.items())

    def finished(self, table: Member) -> tuple[list[Label], list[str]]:
        question, others = self._question()
        if self.is_short and others and question not in _USUAL:
            raise unsupported(
                TOOL,
                table,
                f"in its short form (JSON-MIN, CSV), in which {some([question, *others])} may each "
                "be the class.",
                "Export it as JSON, where answers stand apart from data.",
            )
        for label, answers in zip(self.labels, self.answers, strict=True):
            said = [dict(answer) for answer in answers]
            _decide(label, [answer[question] for answer in said if question in answer])
            for other in others:
                chosen = {", ".join(answer[other]) for answer in said if other in answer}
                if len(chosen) == 1:
                    self.too_long += give_metadata(label, {other: chosen.pop()})
        return self.labels, self._notes(question, others)

    def _notes(self, question: str, others: list[str]) -> list[str]:
        said = f"The class is the answer to “{question}”; {some(others)} becomes metadata."
        return sentences(
            said if others else "",
            counted(
                self.predicted,
                "1 image has only a model’s prediction: it comes without a class.",
                "{count} images have only a model’s prediction: they come without a class.",
            ),
            counted(
                self.skipped,
                "1 task was skipped by its annotators: it comes without a class.",
                "{count} tasks were skipped by their annotators: they come without a class.",
            ),
            counted(
                self.regions,
                "1 answer marks a region and is left out.",
                "{count} answers mark regions and are left out.",
            ),
            too_long_texts(self.too_long),
        )

    def _question(self) -> tuple[str, list[str]]:
        """Return the name of the question that gives the class, and the other ones."""
        names = [name for name, _ in self.questions.most_common()]
        usual = [name for name in names if name in _USUAL]
        first = (usual or names or [""])[0]
        return first, [name for name in names if name != first]


def _decide(label: Label, answers: Sequence[Sequence[str]]) -> None:
    """Give the class that all annotators chose."""
    said = list(dict.fromkeys(tuple(dict.fromkeys(answer)) for answer in answers if answer))
    if len(said) > 1:
        chosen = [", ".join(answer) for answer in said]
        label.problem = (
            "annotators_disagree",
            f"Its annotators chose {some(chosen)}. Settle it there, or take one annotation out.",
        )
    elif said:
        give_classes(label, said[0])


def _is_short(entry: Mapping[str, Any]) -> bool:
    return bool(entry.keys() & {"annotation_id", "annotator", "lead_time"}) and bool(
        _image_key(entry)
    )


def _short_task(line: Mapping[str, str]) -> dict[str, Any]:
    """Return a line of CSV as JSON-MIN has it: several choices, and regions, are JSON in a cell."""
    return {name: _of_cell(text) for name, text in line.items() if text.strip()}


def _of_cell(text: str) -> Any:
    """Return what a cell says; a class may be a text that is JSON by chance."""
    if text[0] not in "{[":
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, dict):
        return value if "choices" in value else text
    is_answer = all(isinstance(one, dict) for one in value) or all(
        isinstance(one, str) for one in value
    )
    return value if is_answer else text


def _regions_in(value: Any) -> int:
    """Return how many regions of an image a value of the short form marks."""
    return sum(isinstance(one, dict) for one in value) if isinstance(value, list) else 0


def _short_answer(task: Mapping[str, Any], image: str) -> Answer:
    found: list[tuple[str, tuple[str, ...]]] = []
    for name, value in task.items():
        if name in _OWN_KEYS or name == image:
            continue
        chosen = value.get("choices") if isinstance(value, dict) else value
        if isinstance(chosen, str):
            found.append((name[:80], (chosen,)))
        elif isinstance(chosen, list) and all(isinstance(one, str) for one in chosen):
            found.append((name[:80], tuple(chosen)))
    return tuple(found)


def _image_key(data: Mapping[str, Any]) -> str:
    """Return the key of a task's image: `image`, or the first text that ends as images do."""
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    if "image" in texts:
        return "image"
    images = (key for key, value in texts.items() if _is_image(value))
    return next(images, "")


def _is_image(text: str) -> bool:
    return text[:11].casefold() == "data:image/" or looks_like_image(path_of(text[:2000]))
