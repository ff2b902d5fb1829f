"""How each kind of preset trains: from scratch, on a pretrained network, by a teacher."""

from classifier.engine.fit.fitting import Fitting
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.fit.trained import Trained
from classifier.engine.fit.transfer import train_transfer
from classifier.engine.presets.distilled import DistilledPreset
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.scratch import ScratchPreset
from classifier.engine.presets.transfer import TransferPreset
from classifier.engine.samples import TrainingSamples


def train_network(
    fitting: Fitting,
    samples: TrainingSamples,
    classes: int,
    preset: Preset,
    pretrained: Pretrained,
) -> Trained:
    """Train as the preset's family does; return the network at its best epoch.

    Raises WeightsUnavailable before any image is decoded. TensorFlow is imported where a network
    is trained, not for a head on vectors.
    """
    if isinstance(preset, ScratchPreset):
        from classifier.engine.fit.scratch import train_scratch

        return train_scratch(fitting, samples, classes, preset, pretrained.measured_dir)
    if isinstance(preset, TransferPreset):
        return train_transfer(fitting, samples, classes, preset, pretrained)
    if isinstance(preset, DistilledPreset):
        from classifier.engine.fit.distilled import train_distilled

        return train_distilled(fitting, samples, classes, preset, pretrained)
    raise TypeError(f"No recipe trains {type(preset).__name__}.")
