"""Whether a run is one program that needs no Loupe: the file that its training wrote."""

from classifier.engine.errors import InvalidConfig
from classifier.engine.fit.script.refusal import refusal
from classifier.engine.formats.facts import SCRIPT_FILE
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.models import TrainingRun


def why_no_script(run: TrainingRun) -> str:
    """Return the sentence that says why there is no script of a run; empty where there is one."""
    version = run.registered_version
    if version is None:
        return "A run that made a model version has a script; this one has none (yet)."
    if SCRIPT_FILE in version.files:
        return ""
    return _refusal(run) or (
        "This run is from before Loupe wrote scripts. Clone it: the new run has one."
    )


def _refusal(run: TrainingRun) -> str:
    preset = PRESETS[run.preset]
    try:
        config = checked_config(run.preset, preset.stored_config(run.config))
    except InvalidConfig:
        return ""  # settings of an older Loupe
    return refusal(preset, config)
