"""The stored report: what is written is what is read, and who wrote it is known."""

import json

import numpy as np
import pytest

from classifier.engine.errors import Unreadable
from classifier.engine.measure.evaluation import evaluate
from classifier.engine.measure.report import Report, Summary, SummaryByClass

NAMES = ["cat", "dog", "items"]


@pytest.fixture
def report() -> Report:
    probabilities = np.eye(3)[[0, 1, 1, 1]].astype(np.float32)
    columns = {"items": ["", "old", "old", "new"]}
    return evaluate(probabilities, [0, 1, 0, 1], NAMES, columns=columns, seen_in_training=2)


def test_what_is_stored_is_read_back(report) -> None:
    stored = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert stored["schema"] == 2
    assert Report.from_json(stored) == report
    assert report.largest == ("cat", 2)
    assert [(column, len(rows)) for column, rows in report.slices_by_column] == [("items", 3)]


@pytest.mark.parametrize("part", [Summary, SummaryByClass])
def test_a_part_is_read_alone(report, part) -> None:
    read = part.from_json(report.to_json())
    assert type(read) is part
    assert (read.accuracy, read.seen_in_training) == (0.75, 2)
    assert read.accuracy_interval == report.accuracy_interval


def test_a_report_of_before_the_number_lacks_what_came_later(report) -> None:
    later = ("schema", "slices", "seen_in_training")
    before = {name: value for name, value in report.to_json().items() if name not in later}
    read = Report.from_json(before)
    assert (read.accuracy, read.slices, read.seen_in_training) == (0.75, None, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"schema": 3},
            "Report was written with schema 3; this version of Loupe reads those from 0",
        ),
        ({"schema": "new"}, "written with schema 'new'"),
        ({"schema": -1}, "written with schema -1"),
        ({"accuracy": None}, r"Expected `float`, got `null` - at `\$.accuracy`"),
        ({"macro": {}}, "missing required field `precision`"),
        ({"per_class": [3]}, r"at `\$.per_class\[0\]`"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(report, change, message) -> None:
    with pytest.raises(Unreadable, match=message):
        Report.from_json({**report.to_json(), **change})


def test_what_is_no_report_is_refused() -> None:
    for values in ([], "report", 1):
        with pytest.raises(Unreadable, match="Report cannot be read: Expected `object`"):
            Report.from_json(values)
