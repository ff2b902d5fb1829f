"""What a retraining may change, as far as it is known before."""

from django.db.models import Count, Q

from classifier.models import EvaluationReport, FeedbackSource, PredictionFeedback
from classifier.retraining.selectors.standing import Standing
from datasets.models import Sample, Split

# Below so much feedback nothing is said of how often the live version is right.
_FEWEST = 20


def expected_change(standing: Standing) -> str:
    """Return what is known, in sentences: how much more there is to learn, and how right the live
    version is by feedback beside its test images. What comes of it, the gate and the report say."""
    held = Sample.objects.kept().filter(version=standing.learned).count()
    more = f" (+{standing.new_labels / held:.0%})" if held and standing.new_labels else ""
    said = [
        f"It would learn from {standing.new_labels:,} images more{more} and {standing.corrected:,} "
        "corrected ones."
    ]
    return " ".join([*said, *_by_feedback(standing)])


def _by_feedback(standing: Standing) -> list[str]:
    live = standing.live
    owner = standing.dataset.organization_id
    # What was reviewed was chosen because it was doubtful: it says little of all predictions.
    rows = PredictionFeedback.objects.filter(
        prediction__model_version=live, prediction__organization=owner
    ).exclude(source=FeedbackSource.REVIEW)
    found = rows.aggregate(all=Count("pk"), right=Count("pk", filter=Q(correct=True)))
    if found["all"] < _FEWEST:
        return []
    rate = found["right"] / found["all"]
    sentence = (
        f"The live version was right about {rate:.0%} of {found['all']:,} predictions that people "
        "gave feedback on outside of the review queue"
    )
    reports = EvaluationReport.objects.filter(
        model_version=live,
        dataset_version=standing.learned,
        split=Split.TEST,
        organization=owner,
    )
    report = reports.as_it_answers().summarized().order_by("-created_at").first()
    summary = report.summary if report else None
    beside = f", and about {summary.accuracy:.0%} of its test images" if summary else ""
    return [f"{sentence}{beside}."]
