"""What follows a registration: the first version that passes goes live, a later one is compared."""

from classifier.evaluation.errors import CannotEvaluate
from classifier.evaluation.services.start_evaluation import check_fit, queue_evaluation
from classifier.models import EvaluationReport, ModelAlias, ModelVersion
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.gate import gate_of, has_report_on
from classifier.registry.services.set_alias import move_alias


def go_live_or_compare(version: ModelVersion, report: EvaluationReport | None) -> None:
    """Make a version live where its model has no live one and the gate lets it pass.

    Where another version is live, measure that one on the same test images, unless it has been:
    when someone wants to promote the new one, both are known. In the caller's transaction.
    """
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
        move_alias(
            model=version.model,
            alias=CHAMPION,
            version=version,
            reason="The first version that passed the gate.",
            user=version.created_by,
        )


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
