"""How good a version is, as parts of its card: from one of its reports."""

from collections.abc import Iterator, Sequence

from accounts.models import User
from classifier.engine.measure.gaps import ColumnGaps, Gap
from classifier.engine.measure.report import ClassFigures, Report
from classifier.evaluation.selectors.figures import figures_of
from classifier.evaluation.selectors.reports import reports_in, visible_reports
from classifier.evaluation.selectors.robustness import robustness_of
from classifier.evaluation.selectors.verdicts import verdict_of_report
from classifier.models import EvaluationReport, ModelVersion
from classifier.models.evaluation_report import EvaluationReportQuerySet
from classifier.registry.selectors.card.words import (
    count,
    ends_of_report,
    interval,
    of_report,
    points,
    share,
)
from common.documents.parts import Cell, Facts, Items, Part, Table, Words
from common.sentences import listed
from datasets.models import Split

MOST_CLASSES = 100
_FEW_CLASSES = 50
_MOST_SLICES = 200
_MOST_REPORTS = 50
_FEW_REPORTS = 5
_CALIBRATION = ("ece", "temperature", "ece_scaled")


class Reports:
    """The reports of a version's organization, and the one that the card is about.

    Of a built-in version: those that `user` may see. The card is about the newest on the test split
    of what the version learned from, else the newest on another test split, else the newest of all;
    never one whose classes a person mapped.
    """

    def __init__(self, user: User, version: ModelVersion) -> None:
        owner = version.model.organization
        rows = visible_reports(user) if owner is None else reports_in(owner)
        measured = rows.as_it_answers().filter(model_version=version, metrics__isnull=False)
        test = measured.filter(split=Split.TEST)
        own = test.filter(dataset_version=version.dataset_version_id)
        chosen = _readable(own) or _readable(test) or _readable(measured)
        # Read whole, once: `figures` of a summarized row would read it again for each part.
        self.chosen = rows.get(pk=chosen.pk) if chosen else None
        others = measured.exclude(pk=chosen.pk) if chosen else measured
        self.more = max(0, others.count() - _MOST_REPORTS)
        self.others = [each for each in others.summarized()[:_MOST_REPORTS] if each.summary]

    @property
    def figures(self) -> Report | None:
        """The figures of the chosen report."""
        return self.chosen.figures if self.chosen else None


def _readable(reports: EvaluationReportQuerySet) -> EvaluationReport | None:
    """Return the newest that this version of Loupe can read, of a few."""
    return next((each for each in reports.summarized()[:_FEW_REPORTS] if each.summary), None)


def metrics(version: ModelVersion, reports: Reports) -> Iterator[Part]:
    """Yield figures with their intervals, classes, and which report says so."""
    report, figures = reports.chosen, reports.figures
    if report is None or figures is None:
        yield from _without_report(version)
        return
    yield Words(
        f"Measured on the {report.split_name} split of {report.dataset_version}, "
        f"{figures.sample_count:,} images, on {report.created_at:%d %B %Y} (report {report.pk})."
    )
    if figures.seen_in_training:
        yield Words(
            f"It had learned from {figures.seen_in_training:,} of these images: the figures are "
            "too good.",
            warning=True,
        )
    if figures.seen_in_training is None and not version.model.built_in:
        yield Words("Whether it learned from these images is not known.", warning=True)
    if sentences := verdict_of_report(report):
        yield Items([each.text for each in sentences])
    rows = [row for row in figures_of(figures) if row.name not in _CALIBRATION]
    yield Table(
        "Figures",
        ["Figure", "Value", "95 % interval", "How"],
        [[f"{row.label} ({row.note})" if row.note else row.label, of_report(row),
          ends_of_report(row), row.method] for row in rows],
        frozenset({1, 2}),
    )  # fmt: skip
    yield _classes(figures.per_class)
    yield from _others(reports)


def _without_report(version: ModelVersion) -> Iterator[Part]:
    yield Words(
        "There is no evaluation report on this version, so nothing is known of how good it is on "
        "images that it has not learned from.",
        warning=True,
    )
    made = version.instant_model
    if made and made["accuracy"] is not None and made["interval"]:
        ends = interval((made["interval"][0], made["interval"][1]))
        yield Facts([("Right, cross-validated in five parts", share(made["accuracy"])),
                     ("95 % interval (Wilson)", ends)])  # fmt: skip
    run = version.training_run
    if run and run.metrics.get("val_accuracy") is not None:
        yield Facts(
            [
                ("Right on the validation images that chose its best epoch",
                 share(run.metrics["val_accuracy"])),
                ("95 % interval (Wilson)", interval(run.val_accuracy_interval)),
            ]
        )  # fmt: skip


def _classes(rows: Sequence[ClassFigures]) -> Table:
    title = "By class"
    if len(rows) > MOST_CLASSES:
        title = f"By class: the {_FEW_CLASSES} with the lowest F1 of {len(rows):,}"
        rows = sorted(rows, key=lambda row: row.f1)[:_FEW_CLASSES]
    return Table(
        title,
        ["Class", "Precision", "Recall", "95 % interval of recall", "F1", "Images"],
        [[row.class_name, share(row.precision), share(row.recall), interval(row.recall_interval),
          share(row.f1), count(row.support)] for row in rows],
        frozenset(range(1, 6)),
    )  # fmt: skip


def _others(reports: Reports) -> Iterator[Part]:
    rows: list[list[Cell]] = [
        [str(each.dataset_version), each.split_name, f"{each.created_at:%d %B %Y}",
         share(each.summary.accuracy), interval(each.summary.accuracy_interval),
         count(each.summary.sample_count)]
        for each in reports.others if each.summary is not None
    ]  # fmt: skip
    if rows:
        columns = ["Dataset version", "Split", "When", "Accuracy", "95 % interval", "Images"]
        yield Table("Other reports", columns, rows, frozenset({3, 4, 5}))
    if reports.more:
        yield Words(f"And {reports.more:,} older reports.")


def subgroups(reports: Reports) -> Iterator[Part]:
    """Yield slices and how far they are apart."""
    figures = reports.figures
    if figures is None or not figures.slices:
        yield Words("No subgroups were measured.")
        return
    yield Table(
        "By subgroup",
        ["Column", "Subgroup", "Images", "Accuracy", "95 % interval", "Gap, points", "Judgement"],
        [[row.column, row.value or "no value", count(row.support), share(row.accuracy),
          interval(row.interval), points(row.gap), row.judgement.replace("_", " ")]
         for row in figures.slices[:_MOST_SLICES]],
        frozenset({2, 3, 4, 5}),
    )  # fmt: skip
    if len(figures.slices) > _MOST_SLICES:
        yield Words(f"Only the first {_MOST_SLICES} of {len(figures.slices):,} are listed.")
    if figures.gaps:
        yield Table(
            "How far subgroups are apart, points",
            ["Column", "Demographic parity", "Equal opportunity", "Equalised odds"],
            [_gap_row(each) for each in figures.gaps],
        )


def _gap_row(row: ColumnGaps) -> list[str]:
    return [row.column, *map(_gap, row.all)]


def _gap(found: Gap | None) -> str:
    if found is None:
        return "too few to tell"
    low, high = found.low or "no value", found.high or "no value"
    return f"{found.value * 100:.1f}, “{found.class_name}”: {low} to {high}"


def calibration(reports: Reports) -> Iterator[Part]:
    """Yield whether it is as sure as it is right."""
    figures = reports.figures
    if figures is None or figures.calibration is None:
        yield Words("Calibration was not measured.")
        return
    rows = [row for row in figures_of(figures) if row.name in _CALIBRATION]
    labels = [f"{row.label} ({row.note})" if row.note else row.label for row in rows]
    yield Facts([(label, of_report(row)) for label, row in zip(labels, rows, strict=True)])
    yield Words("What the model answers is not scaled by the temperature.")


def robustness(reports: Reports) -> Iterator[Part]:
    """Yield the accuracy on images that were made worse."""
    found = robustness_of(reports.chosen).figures if reports.chosen else None
    if found is None:
        yield Words("How it does on worse images was not measured.")
        return
    severities = sorted({row.severity for row in found.rows})
    by_severity = {(row.corruption, row.severity): row.accuracy for row in found.rows}
    yield Words(
        f"Right on {share(found.clean).text} of {found.images:,} images as they are. Accuracy by "
        "severity, from 1 to 5:"
    )
    yield Table(
        "",
        ["Corruption", *map(str, severities)],
        [[name, *(share(by_severity.get((name, each))) for each in severities)]
         for name, _ in found.by_corruption],
        frozenset(range(1, len(severities) + 1)),
    )  # fmt: skip


def limits(version: ModelVersion, reports: Reports) -> Iterator[Part]:
    """Yield what the figures say of its limits."""
    classes = len(version.class_names)
    said = [
        f"It answers one of its {classes:,} classes whatever an image shows."
        if classes
        else "Its classes are known after the first use."
    ]
    figures = reports.figures
    if figures is not None:
        rows = figures.per_class
        low = sorted((row for row in rows if row.support), key=lambda row: row.recall)[:5]
        weak = [f"{row.class_name} ({share(row.recall).text})" for row in low if row.recall < 0.8]
        if weak:
            said.append(f"Least found classes, by recall: {listed(weak)}.")
        if figures.absent:
            said.append(f"Never tested, for lack of images: {listed(figures.absent)}.")
        below = [f"{row.column} {row.value or 'no value'}" for row in figures.slices or ()
                 if row.judgement == "lower"]  # fmt: skip
        if below:
            said.append(f"Subgroups that it is less often right on: {listed(below)}.")
    yield Items(said)
