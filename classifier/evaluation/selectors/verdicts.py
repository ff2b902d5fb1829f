"""What reports and runs mean, in words: the facts for `classifier.engine.measure.verdict`.

It is made each time it is read, so reports from before it have one too, by today's rules.
"""

from typing import Any

from classifier.engine.measure.verdict import Sentence, as_text, verdict
from classifier.engine.measure.verdict_facts import Fit, VerdictFacts
from classifier.engine.presets.augmentation import CHANGES
from classifier.evaluation.selectors.not_known import instant_behind, is_from_elsewhere
from classifier.models import EpochMetrics, EvaluationReport, TrainingRun
from jobs.models import Status

UNREADABLE = Sentence(
    "unreadable",
    "This version of Loupe cannot read the report: another version wrote it. Evaluate the model "
    "again, or use the version of Loupe that wrote it.",
    "bad",
)


def verdict_of_report(report: EvaluationReport) -> list[Sentence]:
    """Return what the report says; empty until it is measured."""
    return _verdict(report, report.model_version.training_run, own=report.own_training_data)


def verdict_of_run(run: TrainingRun) -> list[Sentence]:
    """Return what the run's own report says; empty until the run has succeeded.

    Without a test split the training alone is judged, and that nothing is known about new images.
    """
    if run.job.status != Status.SUCCEEDED or not run.metrics:
        return []
    report = report_of(run)
    if report is None and run.registered_version is None:
        deleted = "its version was deleted, with the report"
        return verdict(VerdictFacts(fit=_fit(run), why_no_matrix=deleted))
    # On the version that the run learned from: to ask the report would take queries.
    return _verdict(report, run, own=True) if report else verdict(VerdictFacts(fit=_fit(run)))


def report_of(run: TrainingRun) -> EvaluationReport | None:
    """Return the report on the test split that the run's own job made, if there is one."""
    return getattr(run.job, "evaluation_report", None)


def text_of_report(report: EvaluationReport) -> str | None:
    """Return the report's verdict as one text, None until it is measured."""
    return as_text(verdict_of_report(report)) or None


def text_of_run(run: TrainingRun) -> str | None:
    """Return the run's verdict as one text, None until it is measured."""
    return as_text(verdict_of_run(run)) or None


def _verdict(report: EvaluationReport, run: TrainingRun | None, *, own: bool) -> list[Sentence]:
    if report.figures is None:
        return [UNREADABLE] if report.measured else []
    unknown = report.figures.seen_in_training is None
    return verdict(
        VerdictFacts(
            matrix=report.figures.confusion_matrix,
            split=report.split_name,
            own=own,
            seen=report.figures.seen_in_training or 0,
            from_elsewhere=unknown and is_from_elsewhere(report.model_version),
            instant=instant_behind(report.model_version) if unknown else "",
            fit=_fit(run) if run is not None else None,
        )
    )


def _fit(run: TrainingRun) -> Fit | None:
    metrics = run.metrics
    if "best_epoch" not in metrics or metrics.get("accuracy") is None:
        return None
    return Fit(
        accuracy=metrics["accuracy"],
        val_accuracy=metrics.get("val_accuracy"),
        validation_images=run.validation_images,
        best_epoch=metrics["best_epoch"],
        epochs=metrics["epochs"],
        planned=run.planned_epochs,
        stopped_early=(run.stopped or {}).get("reason") == "early_stopping",
        patience=int(run.config.get("early_stopping_patience", 0)),
        augmentation=_augmentation(run.config),
        classic=not run.planned_epochs,
        head_alone=run.config.get("fine_tune_epochs") == 0 and not run.config.get("all_epochs"),
        first_loss=metrics.get("first_loss"),
        last_loss=metrics.get("last_loss"),
        rates=_rates(run.config),
        last_val_losses=_last_val_losses(run),
        train_counts=run.dataset_version.sample_counts.get("train", {}),
    )


def _rates(config: dict[str, Any]) -> str:
    """Return the learning rates by name, of the stages that have epochs."""
    stages = {
        "learning_rate": "epochs",
        "fine_tune_learning_rate": "fine_tune_epochs",
        "all_learning_rate": "all_epochs",
    }
    found = [f"{name} {config[name]:g}" for name, of in stages.items() if config.get(of)]
    return ", ".join(found)


def _augmentation(config: dict[str, Any]) -> str:
    """Return the level, or that there are single changes where the level is none."""
    level = str(config.get("augmentation", "none"))
    return "single changes" if level == "none" and any(map(config.get, CHANGES)) else level


def _last_val_losses(run: TrainingRun) -> tuple[float, float] | None:
    """Read two rows, and only where a rule will ask for them."""
    epochs = run.metrics["epochs"]
    if run.metrics["best_epoch"] != epochs or epochs < max(2, run.planned_epochs):
        return None
    rows = EpochMetrics.objects.filter(run=run, epoch__in=(epochs - 1, epochs)).order_by("epoch")
    losses = [loss for loss in rows.values_list("val_loss", flat=True) if loss is not None]
    return (losses[0], losses[1]) if len(losses) == 2 else None
