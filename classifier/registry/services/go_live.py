"""What follows a first report: the first version that passes goes live, a later one is compared."""

from classifier.models import EvaluationReport, ModelVersion
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.gate import current_gates, gate_of, live_version
from classifier.registry.services.measure_missing import measure_missing
from classifier.registry.services.move_alias import move_alias
from datasets.models import Split


def go_live_or_compare(version: ModelVersion, report: EvaluationReport | None) -> None:
    """Make a version live where its model has no live one and the gate lets it pass.

    Where the gate lacks a report to judge by, start it: the version's on the test set of its
    model's gate, and the live version's on the same test images, so that both are known when
    someone wants to promote the new one. An archived model is left as it is. In the caller's
    transaction. It never overrides the gate.
    """
    # The lock lets one of two that are measured together go live, and the other be compared.
    if version.model.lock().archived_at is not None:
        return
    result = gate_of(version)
    if result is None:
        return
    if result.passed and live_version(version.model) is None:
        move_alias(
            model=version.model,
            alias=CHAMPION,
            version=version,
            reason="The first version that passed the gate.",
            user=version.created_by,
        )
    elif report is not None:
        measure_missing(result.to_measure, created_by=report.created_by, follows=True)


def on_report_filled(report: EvaluationReport) -> None:
    """Do so for a version that an evaluation measured, after its registration.

    It is compared on its own test split, and on the test set of its model's gate; on other images
    it is not.
    """
    version = report.model_version
    if report.organization_id != version.model.organization_id:
        # Of an organization that the model is shared with, or of a built-in model.
        return
    if report.split_enum != Split.TEST or version.model.built_in or report.is_mapped:
        return
    gate = current_gates([version.model_id]).get(version.model_id)
    judged_on = {version.dataset_version_id or report.dataset_version_id}
    if gate is not None and gate.dataset_version_id is not None:
        judged_on.add(gate.dataset_version_id)
    go_live_or_compare(version, report if report.dataset_version_id in judged_on else None)
