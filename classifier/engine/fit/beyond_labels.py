"""What a training learned from beyond its labels as they are, as its run tells it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine.files import facts_of
from classifier.engine.fit.balance import Balance
from classifier.engine.fit.self_training import joined, told, write_taken
from classifier.engine.fit.state import FitState
from classifier.engine.formats.facts import TAKEN_FILE
from classifier.engine.outcome import FileFacts
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.samples import TrainingSamples, labels_of


@dataclass(frozen=True)
class BeyondLabels:
    """Examples that were made, and unlabelled images that joined, for the epoch that is kept."""

    state: FitState
    config: TrainingConfig
    samples: TrainingSamples
    class_names: tuple[str, ...]

    def told(self) -> dict[str, Any]:
        """Return ``synthetic``, by class, the weights by subgroup, and how many images joined.

        Of a student instead which network it is, and what its teacher taught it.
        """
        train = joined(self.samples, self.state.kept_chosen).train
        missing = Balance(self.config, labels_of(train), len(self.class_names)).missing
        made = {self.class_names[index]: int(missing[index]) for index in np.flatnonzero(missing)}
        weighed = self.samples.subgroups
        found: dict[str, Any] = {"synthetic": made}
        if weighed is not None:
            digest = {"weights_sha256": self.samples.weights_digest}
            found["reweighting"] = weighed.told(self.samples.train) | digest
        if self.state.distillation:
            return {**found, "distillation": self.state.distillation}
        if not self.config.self_training:
            return found
        state, asked = self.state, len(self.samples.unlabelled)
        kept, after = state.kept_chosen is not None, state.first_epochs
        of_these = told(state.chosen, asked, self.class_names, after=after, kept=kept)
        return {**found, "self_training": of_these}

    def write(self, folder: Path) -> dict[str, FileFacts]:
        """Write which unlabelled images the kept epoch learned from; nothing where it did not."""
        kept, path = self.state.kept_chosen, folder / TAKEN_FILE
        if kept is None:
            return {}
        write_taken(kept, self.samples.unlabelled, self.class_names, path)
        return {TAKEN_FILE: facts_of(path)}
