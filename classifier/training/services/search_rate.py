"""Search for a learning rate before a training is started."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.engine.errors import InvalidConfig
from classifier.engine.fit.rate_curve import RateCurve
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.rates import require_rate
from classifier.engine.presets.registry import PRESETS
from classifier.models import RateSearch
from classifier.training import kinds
from classifier.training.services.check_subgroups import check_subgroups
from classifier.training.services.start_training import (
    check_samples,
    check_weights,
    checked_settings,
)
from common.errors import FieldError, Invalid
from datasets.models import DatasetVersion
from datasets.policies import require_editable
from jobs.kinds import Kind
from jobs.services.enqueue import enqueue


@transaction.atomic
def start_search(
    *,
    user: User,
    dataset_version: DatasetVersion,
    preset: str,
    config: Mapping[str, Any] | None = None,
    setting: str = "learning_rate",
) -> RateSearch:
    """Queue a range test of the rate `setting` and return the row, whose curve comes with its job.

    `config` overrides some of the preset's defaults, as for a training. Raises `NotFound`,
    `Forbidden`, `InTrash`, `Invalid` with a pointer for what is not allowed (a preset that takes no
    steps among it), `WeightsMissing`, `CannotTrain`, `QuotaExceeded`, `Conflict` for one too
    many of the person's.
    """
    dataset = dataset_version.dataset
    require_editable(user=user, dataset=dataset)
    chosen = _checked(preset, config or {}, setting)
    check_weights(preset)
    check_samples(dataset_version)
    check_subgroups(dataset_version, chosen)
    return _started(
        RateSearch(
            organization=dataset.organization,
            dataset_version=dataset_version,
            preset=preset,
            config=chosen.to_dict(),
            setting=setting,
            created_by=user,
        )
    )


def _checked(preset: str, config: Mapping[str, Any], setting: str) -> PresetConfig:
    """Return the settings; raises `Invalid`, also where no stage of them has this rate."""
    chosen = checked_settings(preset, config)
    try:
        require_rate(PRESETS[preset], chosen, setting)
    except InvalidConfig as error:
        raise _refused(error) from error
    return chosen


def _started(search: RateSearch) -> RateSearch:
    """Save a new search with the job that does it."""
    version = search.dataset_version
    search.job = enqueue(
        kind=_kind_of(search),
        organization=search.organization,
        created_by=search.created_by,
        title=f"Learning rate of {search.preset} on {version.dataset.name[:80]} v{version.number}",
        payload={"rate_search": str(search.pk)},
    )
    search.save()
    audit.record(
        actor=search.created_by,
        action="rate_search.start",
        target=search,
        preset=search.preset,
        setting=search.setting,
        dataset_version=str(version.pk),
    )
    return search


def store_search(*, search: RateSearch, curve: RateCurve) -> None:
    """Record what was measured, in the transaction that ends the job."""
    search.measured = curve.to_json()
    search.save(update_fields=["measured"])


def _kind_of(search: RateSearch) -> Kind:
    on_vectors = PRESETS[search.preset].kind == "transfer" and search.setting == "learning_rate"
    return kinds.SEARCH_HEAD_RATE if on_vectors else kinds.SEARCH_RATE


def _refused(error: InvalidConfig) -> Invalid:
    pointers = {"preset": "/preset", "setting": "/setting"}
    faults = [
        FieldError(pointers.get(field, f"/config/{field}"), "invalid", sentence)
        for field, sentence in error.errors
    ]
    return Invalid(error.detail, errors=faults)
