"""Whether a version's images can be weighed by the subgroups that the settings name."""

from classifier.engine.errors import BadData
from classifier.engine.presets.config import PresetConfig
from classifier.training.selectors.subgroups import subgroups_of
from common.errors import FieldError, Invalid
from datasets.models import DatasetVersion, Split
from datasets.selectors.versions import samples_of


def check_subgroups(version: DatasetVersion, config: PresetConfig) -> None:
    """Raise `Invalid` where there is no such column, or no weights part class from subgroup.

    The latter is so where a class has no train image in one of the subgroups.
    """
    try:
        subgroups = subgroups_of(version, config)
        if subgroups is not None:
            subgroups.check(samples_of(version, Split.TRAIN))
    except BadData as error:
        fault = FieldError("/config/reweight_by", "no_subgroups", error.detail)
        raise Invalid(error.detail, errors=[fault], hint=error.hint) from error
