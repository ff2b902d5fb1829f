"""The facts that the gate judges a version by, told from its reports and the live version's.

A version is judged by its newest report on the test split of the dataset version that it was
trained on; where that has none, by its newest report on another test split that holds none of the
images it learned from. The rules of its model's own gate may name one test set for all versions.
Of a model that was trained elsewhere no one knows what it learned from: its reports count, and say
so. It is compared with the live version on the same test images: both reports keep what was
answered to each.
"""

from collections.abc import Sequence
from dataclasses import replace

from classifier.engine.measure.gate import GateFacts, ToMeasure
from classifier.engine.measure.mcnemar import compare
from classifier.evaluation.selectors.not_known import instant_behind, is_from_elsewhere
from classifier.models import ModelVersion
from classifier.registry.selectors.gate_reports import Grounds, StoredReport
from common.sentences import quoted
from datasets.models import DatasetVersion

_ELSEWHERE = (
    " It was not trained here, so Loupe cannot know whether it learned from images of that test."
)
_MEMBER = (
    " Of a member of it Loupe cannot know whether that one learned from images of that test: it "
    "was not trained on a version here."
)


_TEACHER = (
    " Of its teacher Loupe cannot know whether that one learned from images of that test: it was "
    "not trained on a version here."
)
_INSTANT = (
    "{what} is an instant model, or was made of one: which images that one learned from was "
    "not written down, so Loupe cannot tell whether it knows these tests. Evaluate this version on "
    "a test split that was frozen before the instant model was registered. Where there is none, "
    "freeze a version, register the instant model again, which then leaves its test images out, "
    "and {then}."
)
_NO_TEST = (
    "{what} is an instant model, or was made of one, and there is no test of which Loupe can tell "
    "that everything behind this version left it out: no report of it can count. Make it of "
    "models that were trained on versions here, or of one dataset's instant models."
)


def _cannot_know(version: ModelVersion) -> str:
    if version.distilled:
        return _TEACHER
    return _MEMBER if version.ensemble else _ELSEWHERE


def facts_of(version: ModelVersion, live: ModelVersion | None, grounds: Grounds) -> GateFacts:
    """Return the facts on the version's own test split, or the images nearest to that."""
    reports = grounds.reports.get(version.pk)
    report = _judged_by(version, reports or [])
    if report is not None:
        return _measured(version, report, live, grounds)
    images = grounds.images.get(version.dataset_version_id) if version.dataset_version_id else None
    # To measure again what it knows by its teacher would say nothing else.
    is_new = all(each.dataset_version != version.dataset_version_id for each in reports or ())
    missing = (
        _missing(version, images, grounds) if images and is_new and _test_images(images) else ()
    )
    why = _why_not(version, images, reports, is_pending=_is_pending(version, images, grounds))
    return _unmeasured(version, live, why, missing)


def facts_on(
    version: ModelVersion, live: ModelVersion | None, images: DatasetVersion, grounds: Grounds
) -> GateFacts:
    """Return the facts on the test split that the model's gate names."""
    reports = [
        each for each in grounds.reports.get(version.pk, []) if each.dataset_version == images.pk
    ]
    usable = next((each for each in reports if _counts(version, each)), None)
    if usable is not None:
        return _measured(version, usable, live, grounds)
    on = grounds.on(images.pk)
    if reports:
        return _unmeasured(version, live, _why_seen(version, reports[0], on))
    if _is_pending(version, images, grounds):
        why = f"It is being measured on {on}: it can be judged once that has ended."
    elif unknown := _unknown(version, images):
        why = f"It cannot be measured on {on}: it does not know {quoted(unknown)}."
    else:
        why = f"It has not been measured on {on}, which the gate judges on: evaluate it there."
    return _unmeasured(version, live, why, _missing(version, images, grounds))


def _judged_by(version: ModelVersion, reports: Sequence[StoredReport]) -> StoredReport | None:
    counted = [each for each in reports if _counts(version, each)]
    own = [each for each in counted if each.dataset_version == version.dataset_version_id]
    return next(iter([*own, *counted]), None)


def _counts(version: ModelVersion, report: StoredReport) -> bool:
    """Whether a report says how the version does on images that it did not learn from.

    A student's teacher may have learned from the student's own test images, a member of an ensemble
    from the ensemble's.
    """
    own = version.dataset_version_id
    of_others = version.ensemble and version.ensemble["learned_from"] != [str(own)]
    if report.dataset_version == own and not version.distilled and not of_others:
        return True
    seen = report.figures.seen_in_training
    return seen == 0 or (seen is None and is_from_elsewhere(version))


def _is_made_of_instant(version: ModelVersion) -> bool:
    return version.instant_model is None and bool(version.instant_models)


def _no_test_counts(version: ModelVersion) -> bool:
    """Whether no test is known to be left out by everything behind what is made of instant models.

    The dataset of an instant model that was gone when its id was looked for has no name.
    """
    datasets = {each["dataset"] for each in version.instant_models}
    return version.others_unknown or len(datasets) > 1 or "" in datasets


def _made_of_instant(version: ModelVersion) -> str:
    if _no_test_counts(version):
        return _NO_TEST.format(what=instant_behind(version))
    if version.distilled is not None:
        then = "train with that one as the teacher"
    elif version.ensemble is not None:
        then = "make the ensemble of that one"
    elif version.preset == "instant_model":
        then = "copy that one"
    else:
        then = "copy what is made of that one"
    return _INSTANT.format(what=instant_behind(version), then=then)


def _unmeasured(
    version: ModelVersion,
    live: ModelVersion | None,
    why: str,
    missing: tuple[ToMeasure, ...] = (),
) -> GateFacts:
    is_live = live is not None and live.pk == version.pk
    return GateFacts(
        figures=None,
        why_not_measured=why,
        is_live=is_live,
        live=f"version {live.number}" if live and not is_live else "",
        parity=version.parity,
        to_measure=missing,
    )


def _measured(
    version: ModelVersion, report: StoredReport, live: ModelVersion | None, grounds: Grounds
) -> GateFacts:
    seen, caveat = report.figures.seen_in_training, ""
    if seen is None and is_from_elsewhere(version):
        caveat = _cannot_know(version)
    elif seen:
        caveat = f" It learned from {seen:,} of these images, too."
    facts = GateFacts(
        figures=report.figures,
        report=str(report.pk),
        on=grounds.on(report.dataset_version),
        caveat=caveat,
        is_live=live is not None and live.pk == version.pk,
        parity=version.parity,
    )
    if live is None or facts.is_live:
        return facts
    return _compared(facts, version, report, live, grounds)


def _compared(
    facts: GateFacts,
    version: ModelVersion,
    report: StoredReport,
    live: ModelVersion,
    grounds: Grounds,
) -> GateFacts:
    name = f"version {live.number}"
    theirs = grounds.reports.get(live.pk, [])
    other = next((each for each in theirs if report.same_images(each)), None)
    if report.correct is not None and other is not None and other.correct is not None:
        found = compare(report.correct, other.correct)
        return replace(facts, live=name, comparison=found, live_figures=other.figures)
    asked = {each.class_name for each in report.figures.per_class if each.support}
    unknown = sorted(asked - set(live.class_names))
    if unknown:
        words = (
            f"It is not compared with {name}, which is live and does not know the class "
            f"“{unknown[0]}”."
        )
        return replace(facts, live=name, comparable=False, why_not_compared=words)
    images = grounds.images[report.dataset_version]
    lacks = live if report.correct is not None else version
    which = f"{name}, which is live," if lacks is live else "this version"
    words = f"It cannot be compared with {name}, which is live, until both are measured on the "
    if _is_pending(lacks, images, grounds):
        words += f"same test images: {which} is being measured on {facts.on}."
    else:
        words += f"same test images: evaluate {which} on {facts.on}."
    missing = _missing(lacks, images, grounds)
    return replace(facts, live=name, why_not_compared=words, to_measure=missing)


def _missing(
    version: ModelVersion, images: DatasetVersion, grounds: Grounds
) -> tuple[ToMeasure, ...]:
    """Return the evaluation of the version on these images, where it can be and is not going on."""
    if _is_pending(version, images, grounds) or _unknown(version, images) or not version.files:
        return ()
    return (
        ToMeasure(
            version=str(version.pk),
            name=f"version {version.number}",
            dataset_version=str(images.pk),
            on=grounds.on(images.pk),
        ),
    )


def _is_pending(version: ModelVersion, images: DatasetVersion | None, grounds: Grounds) -> bool:
    return images is not None and (version.pk, images.pk) in grounds.pending


def _unknown(version: ModelVersion, images: DatasetVersion) -> list[str]:
    return sorted(set(images.class_names) - set(version.class_names))


def _why_seen(version: ModelVersion, report: StoredReport, on: str) -> str:
    seen, images = report.figures.seen_in_training, report.figures.sample_count
    if seen is None and _is_made_of_instant(version):
        return _made_of_instant(version)
    if seen is None:
        return (
            f"Its report on {on} does not say whether it learned from these images: evaluate it "
            "there again."
        )
    return (
        f"It learned from {seen:,} of the {images:,} images of {on}, so its figures there say "
        "nothing of new images. Judge on a test set that no version learned from."
    )


def _why_not(
    version: ModelVersion,
    images: DatasetVersion | None,
    reports: Sequence[StoredReport] | None,
    *,
    is_pending: bool,
) -> str:
    if _is_made_of_instant(version) and (reports or _no_test_counts(version)):
        return _made_of_instant(version)
    if reports:
        return (
            "It has been measured only on images that it learned from, or may have. Freeze a "
            "version with a test split, and train on it."
        )
    if version.instant_model is not None:
        return (
            "It has not been measured yet: evaluate it on a test split that was frozen before it "
            "was registered. Where there is none, freeze a version: the instant model then leaves "
            "its test images out and can be registered again."
        )
    if images is None and version.instant_models:
        return (
            "It has not been measured yet. Its source is an instant model, or was made of one: "
            "evaluate it on a test split that was frozen before the instant model was registered."
        )
    if images is None and is_from_elsewhere(version):
        return "It has not been measured here yet: evaluate it on a test split."
    if images is None or not _test_images(images):
        return (
            "It cannot be judged: it was trained on a version without a test split. Freeze one "
            "with test images, then train on it, or evaluate this version on images that it did "
            "not learn from."
        )
    if is_pending:
        return f"It is being measured on the test split of {images}."
    why = "has not been measured yet"
    if reports is not None:
        why = "has only a report that another version of Loupe wrote and this one cannot read"
    return f"It {why}: evaluate it on the test split of {images}."


def _test_images(version: DatasetVersion) -> int:
    return sum(version.sample_counts.get("test", {}).values())
