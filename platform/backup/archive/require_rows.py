"""That rows of an archive fit each other, once they are loaded and before they are kept."""

from collections.abc import Collection

from django.db.models import F, Q

from backup.errors import Refused
from classifier.lineage.kinds import FORGET_IMAGE
from datasets.models import Dataset, DatasetVersion, Forgetting, Sample
from datasets.selectors.digests import digest_of_samples
from jobs.models import Status


def require_rows(datasets: Collection[Dataset]) -> None:
    """Raise `Refused` where a sample is not of its image, a digest not of its samples, or a
    forgetting has not ended."""
    samples = Sample.objects.filter(version__dataset__in=datasets)
    other = ~Q(sha256=F("image__sha256")) | Q(forgotten=False, image__forgetting__isnull=False)
    if (sample := samples.filter(other).first()) is not None:
        raise Refused(f"The archive has a sample {sample.sha256} that is not its image.")
    for version in DatasetVersion.objects.filter(dataset__in=datasets):
        if digest_of_samples(version) != version.digest:
            raise Refused(f"{version} has not the samples that its digest is of.")


def require_ended(forgettings: Collection[str]) -> None:
    """Raise `Refused` where one of these forgettings would be gone on with."""
    ended = Q(job__status=Status.SUCCEEDED, job__kind=FORGET_IMAGE.name)
    if Forgetting.objects.filter(~ended, pk__in=forgettings).exists():
        raise Refused("The archive has an image whose forgetting has not ended.")
