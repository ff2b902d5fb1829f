"""REST routes, relative to /api/v1/."""

from django.urls import path

from classifier.batches.api import batches, results
from classifier.evaluation.api import (
    comparison,
    details,
    evaluations,
    label_rates,
    predictions,
)
from classifier.experiments.api import experiments, trials
from classifier.instant import api as instant
from classifier.lineage.api import forgetting, lineage
from classifier.monitoring.api import drift_checks, monitoring
from classifier.prediction.api import challenge, explanation, kept, predict, try_links
from classifier.registry.api import (
    cards,
    copies,
    decision,
    exports,
    fast_mode,
    gate,
    history,
    model_imports,
    models,
    shares,
)
from classifier.retraining import api as retraining
from classifier.review.api import items as review_items
from classifier.review.api import selections as review_selections
from classifier.training.api import answers, compare, presets, rate_searches, without
from classifier.training.api import runs as training_runs

_run = "training-runs/<uuid:run_id>/"
_experiment = "experiments/<uuid:experiment_id>/"
_model = "models/<uuid:model_id>/"
_version = "model-versions/<uuid:version_id>/"
_draft = "retraining-drafts/<uuid:draft_id>/"
_prediction = "predictions/<uuid:prediction_id>/"
_review = "review-items/<uuid:item_id>/"
_report = "evaluations/<uuid:report_id>/"
_batch = "batch-predictions/<uuid:batch_id>/"
_check = "drift-checks/<uuid:check_id>/"
_image = "images/<uuid:image_id>/"
_data = "dataset-versions/<uuid:version_id>/"
urlpatterns = [
    path(
        "datasets/<uuid:dataset_id>/instant-model/register/",
        instant.InstantModelRegister.as_view(),
        name="instant-model-register",
    ),
    path("batch-predictions/", batches.BatchPredictionList.as_view(), name="batch-prediction-list"),
    path(_batch, batches.BatchPredictionDetail.as_view(), name="batch-prediction-detail"),
    path(
        f"{_batch}cancel/", batches.BatchPredictionCancel.as_view(), name="batch-prediction-cancel"
    ),
    path(
        f"{_batch}resume/", batches.BatchPredictionResume.as_view(), name="batch-prediction-resume"
    ),
    path(f"{_batch}results/", results.BatchResultList.as_view(), name="batch-result-list"),
    path(f"{_batch}images/<int:index>/", results.BatchImage.as_view(), name="batch-image"),
    path(
        f"{_batch}images/<int:index>/thumbnail/",
        results.BatchThumbnail.as_view(),
        name="batch-thumbnail",
    ),
    path(f"{_batch}additions/", batches.BatchAdditionList.as_view(), name="batch-addition-list"),
    path("presets/", presets.PresetList.as_view(), name="preset-list"),
    path(
        "learning-rate-searches/", rate_searches.RateSearchList.as_view(), name="rate-search-list"
    ),
    path(
        "learning-rate-searches/<uuid:search_id>/",
        rate_searches.RateSearchDetail.as_view(),
        name="rate-search-detail",
    ),
    path("training-runs/", training_runs.TrainingRunList.as_view(), name="training-run-list"),
    path("training-runs/compare/", compare.TrainingRunComparison.as_view(), name="run-comparison"),
    path(_run, training_runs.TrainingRunDetail.as_view(), name="training-run-detail"),
    path(f"{_run}epochs/", training_runs.TrainingRunEpochs.as_view(), name="training-run-epochs"),
    path(
        f"{_run}tensorboard/",
        training_runs.TrainingRunEventFiles.as_view(),
        name="training-run-tensorboard",
    ),
    path(f"{_run}script/", training_runs.TrainingRunScript.as_view(), name="training-run-script"),
    path(
        f"{_run}samples/", training_runs.TrainingRunSamples.as_view(), name="training-run-samples"
    ),
    path(
        f"{_run}samples/<int:number>/",
        training_runs.TrainingRunSample.as_view(),
        name="training-run-sample",
    ),
    path(f"{_run}classes/", answers.TrainingRunClasses.as_view(), name="training-run-classes"),
    path(
        f"{_run}sample-predictions/",
        answers.TrainingRunSamplePredictions.as_view(),
        name="training-run-sample-predictions",
    ),
    path(f"{_run}cancel/", training_runs.TrainingRunCancel.as_view(), name="training-run-cancel"),
    path(f"{_run}finish/", training_runs.TrainingRunFinish.as_view(), name="training-run-finish"),
    path(f"{_run}resume/", training_runs.TrainingRunResume.as_view(), name="training-run-resume"),
    path(f"{_run}clone/", training_runs.TrainingRunClone.as_view(), name="training-run-clone"),
    path(
        f"{_run}without-treatment/",
        without.TrainingRunWithout.as_view(),
        name="training-run-without",
    ),
    path("experiments/", experiments.ExperimentList.as_view(), name="experiment-list"),
    path(_experiment, experiments.ExperimentDetail.as_view(), name="experiment-detail"),
    path(f"{_experiment}cancel/", experiments.ExperimentCancel.as_view(), name="experiment-cancel"),
    path(f"{_experiment}resume/", experiments.ExperimentResume.as_view(), name="experiment-resume"),
    path(f"{_experiment}trials/", trials.ExperimentTrials.as_view(), name="experiment-trials"),
    path(f"{_experiment}retrain/", trials.ExperimentRetrain.as_view(), name="experiment-retrain"),
    path("models/", models.RegisteredModelList.as_view(), name="model-list"),
    path("models/imports/", model_imports.ModelImportList.as_view(), name="model-import-list"),
    path(
        "models/imports/<uuid:import_id>/",
        model_imports.ModelImportDetail.as_view(),
        name="model-import-detail",
    ),
    path(_model, models.RegisteredModelDetail.as_view(), name="model-detail"),
    path(f"{_model}versions/", models.ModelVersionList.as_view(), name="model-version-list"),
    path(
        f"{_model}aliases/<str:alias>/",
        models.ModelAliasDetail.as_view(),
        name="model-alias-detail",
    ),
    path(f"{_model}monitoring/", monitoring.MonitoringDetail.as_view(), name="monitoring"),
    path(f"{_model}drift-watch/", monitoring.DriftWatchDetail.as_view(), name="drift-watch"),
    path(f"{_model}drift-checks/", drift_checks.DriftCheckList.as_view(), name="drift-check-list"),
    path(_check, drift_checks.DriftCheckDetail.as_view(), name="drift-check"),
    path(
        f"{_check}images/",
        drift_checks.DriftCheckImages.as_view(),
        name="drift-check-images",
    ),
    path(f"{_model}gate/", gate.GateDetail.as_view(), name="model-gate"),
    path(f"{_model}history/", history.ModelHistory.as_view(), name="model-history"),
    path(f"{_model}rollback/", history.ModelRollback.as_view(), name="model-rollback"),
    path(f"{_model}shares/", shares.ModelShares.as_view(), name="model-share-list"),
    path(f"{_model}challenge/", challenge.ModelChallenge.as_view(), name="model-challenge"),
    path(
        f"{_model}challenge/promote/",
        challenge.PromoteChallenger.as_view(),
        name="challenge-promote",
    ),
    path(f"{_model}predict/", predict.Predict.as_view(), name="predict"),
    path(f"{_model}try-links/", try_links.TryLinkList.as_view(), name="try-link-list"),
    path("try-links/<uuid:link_id>/", try_links.TryLinkDetail.as_view(), name="try-link"),
    path("try/", try_links.Try.as_view(), name="try"),
    path(
        f"{_image}explanation/",
        explanation.ImageExplanation.as_view(),
        name="image-explanation",
    ),
    path("predictions/", kept.KeptPredictionList.as_view(), name="prediction-list"),
    path("predictions/delete/", kept.DeletePredictions.as_view(), name="prediction-delete"),
    path(_prediction, kept.PredictionDetail.as_view(), name="prediction-detail"),
    path(
        f"{_prediction}images/<int:place>/",
        kept.PredictionImage.as_view(),
        name="prediction-file",
    ),
    path(
        f"{_prediction}images/<int:place>/thumbnail/",
        kept.PredictionThumbnail.as_view(),
        name="prediction-thumbnail",
    ),
    path(
        f"{_prediction}feedback/",
        kept.PredictionFeedbackDetail.as_view(),
        name="prediction-feedback",
    ),
    path(
        "organizations/<slug:slug>/prediction-keeping/",
        kept.PredictionKeepingDetail.as_view(),
        name="prediction-keeping",
    ),
    path(
        f"{_prediction}explanation/",
        explanation.AnswerExplanation.as_view(),
        name="answer-explanation",
    ),
    path(f"{_image}models/", lineage.ImageModels.as_view(), name="image-models"),
    path(
        f"{_image}forgetting/",
        forgetting.ImageForgetting.as_view(),
        name="image-forgetting",
    ),
    path("forgettings/", forgetting.ForgettingList.as_view(), name="forgetting-list"),
    path(
        "forgettings/<uuid:forgetting_id>/",
        forgetting.ForgettingDetail.as_view(),
        name="forgetting-detail",
    ),
    path(f"{_run}lineage/", lineage.TrainingRunLineage.as_view(), name="training-run-lineage"),
    path(
        f"{_version}lineage/", lineage.ModelVersionLineage.as_view(), name="model-version-lineage"
    ),
    path(
        f"{_data}lineage/",
        lineage.DatasetVersionLineage.as_view(),
        name="version-lineage",
    ),
    path(f"{_version}files/<str:name>/", models.ModelFile.as_view(), name="model-version-file"),
    path(_version, models.ModelVersionDetail.as_view(), name="model-version-detail"),
    path(
        f"{_version}evaluations/",
        evaluations.EvaluationList.as_view(),
        name="evaluation-list",
    ),
    path("model-copies/", copies.ModelCopyList.as_view(), name="model-copy-list"),
    path(
        "model-copies/<uuid:copy_id>/",
        copies.ModelCopyDetail.as_view(),
        name="model-copy-detail",
    ),
    path(f"{_version}exports/", exports.ModelExportList.as_view(), name="export-list"),
    path(f"{_version}card/", cards.ModelCard.as_view(), name="model-card"),
    path(f"{_version}annex-iv/", cards.TechnicalDocumentation.as_view(), name="annex-iv"),
    path(f"{_version}decision/", decision.DecisionDetail.as_view(), name="decision"),
    path(f"{_version}fast-mode/", fast_mode.FastModeDetail.as_view(), name="fast-mode"),
    path("exports/<uuid:export_id>/", exports.ModelExportDetail.as_view(), name="export-detail"),
    path(
        f"{_data}label-rates/",
        label_rates.VersionLabelRates.as_view(),
        name="version-label-rates",
    ),
    path(_report, evaluations.EvaluationDetail.as_view(), name="evaluation-detail"),
    path(f"{_report}curves/", details.EvaluationCurves.as_view(), name="evaluation-curves"),
    path(
        f"{_report}robustness/",
        details.EvaluationRobustness.as_view(),
        name="evaluation-robustness",
    ),
    path(
        f"{_report}comparison/",
        comparison.EvaluationComparison.as_view(),
        name="evaluation-comparison",
    ),
    path(
        f"{_report}comparison/images/",
        comparison.EvaluationComparisonImages.as_view(),
        name="evaluation-comparison-images",
    ),
    path(
        f"{_report}predictions/",
        predictions.EvaluationPredictions.as_view(),
        name="evaluation-predictions",
    ),
    path(
        f"{_report}download/",
        evaluations.EvaluationDownload.as_view(),
        name="evaluation-download",
    ),
    path(f"{_model}retraining/", retraining.ModelRetraining.as_view(), name="model-retraining"),
    path(
        "retraining-drafts/",
        retraining.RetrainingDraftList.as_view(),
        name="retraining-draft-list",
    ),
    path(_draft, retraining.RetrainingDraftDetail.as_view(), name="retraining-draft-detail"),
    path(
        f"{_draft}start/",
        retraining.RetrainingDraftStart.as_view(),
        name="retraining-draft-start",
    ),
    path(
        f"{_draft}dismiss/",
        retraining.RetrainingDraftDismiss.as_view(),
        name="retraining-draft-dismiss",
    ),
    path("review-items/", review_items.ReviewItemList.as_view(), name="review-item-list"),
    path("review-items/claim/", review_items.ReviewItemClaim.as_view(), name="review-item-claim"),
    path(
        "review-items/release/",
        review_items.ReviewItemRelease.as_view(),
        name="review-item-release",
    ),
    path(_review, review_items.ReviewItemDetail.as_view(), name="review-item-detail"),
    path(f"{_review}answer/", review_items.ReviewItemAnswer.as_view(), name="review-item-answer"),
    path(f"{_review}undo/", review_items.ReviewItemUndo.as_view(), name="review-item-undo"),
    path(
        "review-selections/",
        review_selections.ReviewSelectionList.as_view(),
        name="review-selection-list",
    ),
    path(
        "review-selections/<uuid:selection_id>/",
        review_selections.ReviewSelectionDetail.as_view(),
        name="review-selection-detail",
    ),
]
