"""Whether a version's images can be weighed by the subgroups that the settings name."""

from collections.abc import Sequence

from classifier.engine.errors import BadData
from classifier.engine.presets.config import PresetConfig
from classifier.training.selectors.subgroups import subgroups_of
from common.errors import FieldError, Invalid
from datasets.models import DatasetVersion, Split
from datasets.selectors.versions import samples_of


def check_subgroups(
    version: DatasetVersion, config: PresetConfig, splits: Sequence[Split] = (Split.TRAIN,)
) -> None:
    """Raise `Invalid` where there is no such column, or no weights part class from subgroup.

    The latter is so where a class has no image in one of the subgroups, among those of the splits
    that are learned from.
    """
    try:
        subgroups = subgroups_of(version, config, splits)
        if subgroups is not None:
            subgroups.check([each for split in splits for each in samples_of(version, split)])
    except BadData as error:
        fault = FieldError("/config/reweight_by", "no_subgroups", error.detail)
        raise Invalid(error.detail, errors=[fault], hint=error.hint) from error
