from classifier.models.alias import AliasChange, ChangeKind, ModelAlias
from classifier.models.batch_prediction import (
    BatchAddition,
    BatchChunk,
    BatchPrediction,
    BatchResult,
    BatchSource,
)
from classifier.models.card_text import CardText
from classifier.models.challenge import (
    Arm,
    Challenge,
    ChallengeAnswer,
    ChallengeEnd,
    ChallengeMode,
)
from classifier.models.decision import Decision
from classifier.models.drift_check import (
    DriftCheck,
    DriftFinding,
    DriftKind,
    DriftWatch,
    Judgement,
)
from classifier.models.epoch_answers import EpochAnswers
from classifier.models.epoch_metrics import EpochMetrics
from classifier.models.evaluation_report import EvaluationReport
from classifier.models.experiment import (
    Experiment,
    ExperimentFolds,
    ExperimentMember,
    FoldAnswers,
)
from classifier.models.fast_mode import FastMode
from classifier.models.first_run import FirstRun, FirstRunStatus
from classifier.models.kept_prediction import KeptImage, KeptPrediction
from classifier.models.model_copy import ModelCopy
from classifier.models.model_export import ModelExport
from classifier.models.model_gate import ModelGate
from classifier.models.model_import import ModelImport
from classifier.models.model_version import ModelVersion
from classifier.models.prediction import Prediction
from classifier.models.prediction_feedback import FeedbackSource, PredictionFeedback
from classifier.models.prediction_figures import FiguresMark, PredictionFigures, Step
from classifier.models.prediction_keeping import PredictionKeeping
from classifier.models.promise_record import PromiseRecord
from classifier.models.rate_search import RateSearch
from classifier.models.registered_model import RegisteredModel
from classifier.models.report_answers import ReportAnswers
from classifier.models.report_curve import ReportCurve
from classifier.models.retraining import (
    DraftReason,
    DraftStatus,
    RetrainingDraft,
    RetrainingRule,
)
from classifier.models.review_item import UNRANKED, ReviewItem, ReviewStatus
from classifier.models.review_selection import ReviewKind, ReviewSelection
from classifier.models.robustness_check import RobustnessCheck
from classifier.models.training_run import TrainingRun
from classifier.models.try_link import TryLink
from classifier.models.version_calibration import VersionCalibration
from classifier.models.version_note import VersionNote

__all__ = [
    "UNRANKED",
    "AliasChange",
    "Arm",
    "BatchAddition",
    "BatchChunk",
    "BatchPrediction",
    "BatchResult",
    "BatchSource",
    "CardText",
    "Challenge",
    "ChallengeAnswer",
    "ChallengeEnd",
    "ChallengeMode",
    "ChangeKind",
    "Decision",
    "DraftReason",
    "DraftStatus",
    "DriftCheck",
    "DriftFinding",
    "DriftKind",
    "DriftWatch",
    "EpochAnswers",
    "EpochMetrics",
    "EvaluationReport",
    "Experiment",
    "ExperimentFolds",
    "ExperimentMember",
    "FastMode",
    "FeedbackSource",
    "FiguresMark",
    "FirstRun",
    "FirstRunStatus",
    "FoldAnswers",
    "Judgement",
    "KeptImage",
    "KeptPrediction",
    "ModelAlias",
    "ModelCopy",
    "ModelExport",
    "ModelGate",
    "ModelImport",
    "ModelVersion",
    "Prediction",
    "PredictionFeedback",
    "PredictionFigures",
    "PredictionKeeping",
    "PromiseRecord",
    "RateSearch",
    "RegisteredModel",
    "ReportAnswers",
    "ReportCurve",
    "RetrainingDraft",
    "RetrainingRule",
    "ReviewItem",
    "ReviewKind",
    "ReviewSelection",
    "ReviewStatus",
    "RobustnessCheck",
    "Step",
    "TrainingRun",
    "TryLink",
    "VersionCalibration",
    "VersionNote",
]
