"""Situations of training, registry and prediction, each with its sentence."""

from typing import ClassVar

from common.errors import Conflict, DomainError, Unavailable, Unprocessable


class CannotTrain(Unprocessable):
    """The dataset version as it stands cannot be trained on (422)."""

    title = "This version cannot be trained on"
    code = "cannot_train"


class CannotEvaluate(Unprocessable):
    """The model and the dataset version do not fit each other (422)."""

    title = "This model cannot be evaluated on this version"
    code = "cannot_evaluate"


class NothingServed(Conflict):
    """The model has no version under the alias or number asked for (409)."""

    title = "No such version"
    code = "no_version"


class GateRefused(Conflict):
    """The gate does not let the version go live (409); `errors` has an entry for each rule."""

    title = "This version may not go live"
    code = "gate_refused"


class NoPredictWorker(Unavailable):
    """No predict worker answered in time (503)."""

    title = "No worker answered"
    code = "no_worker"


class TooManyAtOnce(DomainError):
    """A person or an organization has as many predictions under way as one may have (429)."""

    status = 429
    title = "Too many predictions at once"
    code = "too_many_at_once"
    retry_after_seconds: ClassVar[int] = 5


class ModelNotReady(Unavailable):
    """The model cannot answer yet: its weights are missing or it is being prepared (503)."""

    title = "The model is not ready"
    code = "weights_unavailable"
    retry_after_seconds: ClassVar[int] = 30
