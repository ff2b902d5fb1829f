"""What follows a first report: the first version that passes goes live, a later one is compared."""

from accounts.services import audit
from classifier.evaluation.errors import CannotEvaluate
from classifier.evaluation.services.start_evaluation import check_fit, queue_evaluation
from classifier.models import EvaluationReport, ModelAlias, ModelVersion
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.gate import gate_of, has_report_on
from classifier.registry.services.move_alias import move_alias
from datasets.models import Split


def go_live_or_compare(version: ModelVersion, report: EvaluationReport | None) -> None:
    """Make a version live where its model has no live one and the gate lets it pass.

    Where another version is live, measure that one on the same test images, unless it has been:
    when someone wants to promote the new one, both are known. An archived model is left as it is.
    In the caller's transaction.
    """
    # The lock lets one of two that are measured together go live, and the other be compared.
    if version.model.lock().archived_at is not None:
        return
    pointer = (
        ModelAlias.objects.filter(model=version.model, alias=CHAMPION)
        .select_related("version__model", "version__dataset_version")
        .first()
    )
    if pointer is not None:
        if report is not None:
            _measure_live(pointer.version, report)
        return
    result = gate_of(version)
    if result is not None and result.passed:
        reason = "The first version that passed the gate."
        move_alias(
            model=version.model,
            alias=CHAMPION,
            version=version,
            reason=reason,
            user=version.created_by,
        )
        audit.record(
            actor=version.created_by,
            action="model_alias.set",
            target=version.model,
            alias=CHAMPION,
            version=version.number,
            reason=reason,
        )


def on_report_filled(report: EvaluationReport) -> None:
    """Do so for a version that an evaluation measured, after its registration.

    A trained version's own test split is where it is compared; on other images it is not.
    """
    version = report.model_version
    if report.split_enum != Split.TEST or version.model.built_in or report.is_mapped:
        return
    own = version.dataset_version_id in (None, report.dataset_version_id)
    go_live_or_compare(version, report if own else None)


def _measure_live(live: ModelVersion, report: EvaluationReport) -> None:
    if has_report_on(live, report.answers.samples_digest):
        return
    try:
        check_fit(live, report.dataset_version, report.split_enum)
    except CannotEvaluate:  # it does not know a class: the gate says so
        return
    queue_evaluation(
        organization=report.organization,
        model_version=live,
        dataset_version=report.dataset_version,
        split=report.split_enum,
        created_by=report.created_by,
        follows=True,
    )
