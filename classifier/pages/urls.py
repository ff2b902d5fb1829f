"""Pages about training and models; the home page has no prefix, so that its name is `home`."""

from django.urls import URLPattern, include, path

from classifier.pages.views import (
    aliases,
    batches,
    cards,
    challenge,
    class_mapping,
    compare,
    decision,
    evaluations,
    experiments,
    explanations,
    exports,
    first_run,
    forgetting,
    gate,
    home,
    kept_predictions,
    label_rates,
    lineage,
    manage,
    mistakes,
    model_copies,
    model_imports,
    model_page,
    models,
    monitoring,
    new_run,
    playground,
    rate_search,
    report_comparison,
    retraining,
    review,
    run_answers,
    searches,
    training_runs,
    try_links,
)

_run = "training/<uuid:run_id>/"
_model = "models/<uuid:model_id>/"
_version = "model-versions/<uuid:version_id>/"
_report = "evaluations/<uuid:report_id>/"
_batch = "batch-predictions/<uuid:batch_id>/"
_mistake = f"{_report}mistakes/<uuid:image_id>/"
_first_run = "datasets/<uuid:dataset_id>/first-run/"


def _managed(path_of: str, name: str, managed: manage.Managed) -> list[URLPattern]:
    views = {"settings": manage.Settings, "archive": manage.Archive, "delete": manage.Delete}
    return [
        path(f"{path_of}{verb}/", view.as_view(managed=managed), name=f"{name}_{verb}")
        for verb, view in views.items()
        if verb != "archive" or managed.archiving
    ]


_pages = [
    path(f"{_model}retraining/", retraining.RetrainingPage.as_view(), name="retraining"),
    path(
        "retraining-drafts/<uuid:draft_id>/start/",
        retraining.StartDraft.as_view(),
        name="retraining_start",
    ),
    path(
        "retraining-drafts/<uuid:draft_id>/dismiss/",
        retraining.DismissDraft.as_view(),
        name="retraining_dismiss",
    ),
    path(
        "batch-predictions/<uuid:batch_id>/review/",
        review.SendBatch.as_view(),
        name="batch_review",
    ),
    path("review/", review.ReviewPage.as_view(), name="review"),
    path("review/select/", review.SelectPage.as_view(), name="review_select"),
    path(
        "review/selections/<uuid:selection_id>/",
        review.SelectionPage.as_view(),
        name="review_selection",
    ),
    *_managed("training/<uuid:pk>/", "run", manage.RUN),
    *_managed("models/<uuid:pk>/", "model", manage.MODEL),
    *_managed("model-versions/<uuid:pk>/", "model_version", manage.VERSION),
    path(f"{_model}challenge/", challenge.ChallengePage.as_view(), name="challenge"),
    path(f"{_model}try-links/", try_links.TryLinksPage.as_view(), name="try_links"),
    path(
        "try-links/<uuid:link_id>/revoke/",
        try_links.TryLinkRevoke.as_view(),
        name="try_link_revoke",
    ),
    path("try/", try_links.TryPage.as_view(), name="try_page"),
    path(f"{_model}challenge/stop/", challenge.StopChallenge.as_view(), name="challenge_stop"),
    path(
        f"{_model}challenge/promote/",
        challenge.PromoteTheChallenger.as_view(),
        name="challenge_promote",
    ),
    path("predictions/", kept_predictions.KeptPredictions.as_view(), name="kept_predictions"),
    path(
        "predictions/<uuid:prediction_id>/",
        kept_predictions.KeptPredictionPage.as_view(),
        name="kept_prediction",
    ),
    path(
        "predictions/<uuid:prediction_id>/feedback/take-back/",
        kept_predictions.TakeBackFeedback.as_view(),
        name="feedback_take_back",
    ),
    path(
        "predictions/<uuid:prediction_id>/delete/",
        kept_predictions.DeleteOneKept.as_view(),
        name="kept_prediction_delete",
    ),
    path(
        "organizations/<slug:slug>/predictions/",
        kept_predictions.PredictionKeepingPage.as_view(),
        name="prediction_keeping",
    ),
    path(
        "organizations/<slug:slug>/predictions/delete/",
        kept_predictions.DeleteKept.as_view(),
        name="kept_predictions_delete",
    ),
    path(
        "organizations/<slug:slug>/predictions/delete-all/",
        kept_predictions.DeleteAllKept.as_view(),
        name="kept_predictions_delete_all",
    ),
    path(_first_run, first_run.FirstRunCard.as_view(), name="first_run"),
    path(
        f"{_first_run}ready/",
        first_run.FirstRunStep.as_view(step="ready"),
        name="first_run_ready",
    ),
    path(f"{_first_run}stop/", first_run.FirstRunStep.as_view(step="stop"), name="first_run_stop"),
    path(
        f"{_first_run}go-on/",
        first_run.FirstRunStep.as_view(step="go-on"),
        name="first_run_go_on",
    ),
    path("batch-predictions/", batches.BatchList.as_view(), name="batch_list"),
    path("batch-predictions/new/", batches.NewBatch.as_view(), name="batch_new"),
    path(_batch, batches.BatchPage.as_view(), name="batch"),
    path(f"{_batch}add/", batches.BatchAdditionStart.as_view(), name="batch_add"),
    path(f"{_batch}delete/", batches.BatchDelete.as_view(), name="batch_delete"),
    path("training/", training_runs.RunList.as_view(), name="run_list"),
    path("training/new/", new_run.NewRun.as_view(), name="run_new"),
    path("training/new/settings/", new_run.PresetSettings.as_view(), name="preset_settings"),
    path(
        "training/new/augmentation/",
        new_run.AugmentationPreview.as_view(),
        name="augmentation_preview",
    ),
    path("training/compare/", compare.Compare.as_view(), name="compare"),
    path(
        "training/learning-rates/", rate_search.RateSearchStart.as_view(), name="rate_search_start"
    ),
    path(
        "training/learning-rates/<uuid:search_id>/",
        rate_search.RateSearchPage.as_view(),
        name="rate_search",
    ),
    path(_run, training_runs.RunPage.as_view(), name="run"),
    path(f"{_run}watched/", run_answers.RunWatched.as_view(), name="run_watched"),
    path(f"{_run}classes/", run_answers.RunClasses.as_view(), name="run_classes"),
    path(f"{_run}finish/", training_runs.RunFinish.as_view(), name="run_finish"),
    path(f"{_run}resume/", training_runs.RunResume.as_view(), name="run_resume"),
    path(f"{_run}without-treatment/", training_runs.RunWithout.as_view(), name="run_without"),
    path(f"{_run}clone/", new_run.NewRun.as_view(), name="run_clone"),
    path("experiments/", experiments.ExperimentList.as_view(), name="experiment_list"),
    path("experiments/new/", experiments.NewExperiment.as_view(), name="experiment_new"),
    path("experiments/new/search/space/", searches.SearchSpace.as_view(), name="search_space"),
    path(
        "experiments/new/<slug:kind>/",
        experiments.NewExperimentOfKind.as_view(),
        name="experiment_new_of_kind",
    ),
    path(
        "experiments/<uuid:experiment_id>/",
        experiments.ExperimentPage.as_view(),
        name="experiment",
    ),
    path(
        "experiments/<uuid:experiment_id>/retrain/",
        searches.ExperimentRetrain.as_view(),
        name="experiment_retrain",
    ),
    path(
        "experiments/<uuid:experiment_id>/delete/",
        experiments.ExperimentDelete.as_view(),
        name="experiment_delete",
    ),
    path("models/", models.ModelList.as_view(), name="model_list"),
    path("models/imports/", model_imports.NewModelImport.as_view(), name="model_import_new"),
    path(
        "models/imports/<uuid:import_id>/",
        model_imports.ModelImportPage.as_view(),
        name="model_import",
    ),
    path(_model, model_page.ModelPage.as_view(), name="model"),
    path(f"{_model}monitoring/", monitoring.Monitoring.as_view(), name="monitoring"),
    path(f"{_model}gate/", gate.ModelGatePage.as_view(), name="model_gate"),
    path(f"{_model}gate/preview/", gate.GatePreview.as_view(), name="gate_preview"),
    path(f"{_model}promote/", models.Promote.as_view(), name="promote"),
    path(f"{_model}rollback/", aliases.RollBack.as_view(), name="rollback"),
    path(f"{_model}aliases/", aliases.AliasSet.as_view(), name="alias_set"),
    path(f"{_model}aliases/remove/", aliases.AliasRemove.as_view(), name="alias_remove"),
    path("models/<uuid:pk>/shares/", manage.Share.as_view(), name="model_share"),
    path(
        "model-versions/<uuid:version_id>/",
        models.ModelVersionPage.as_view(),
        name="model_version",
    ),
    path("model-versions/<uuid:version_id>/card/", cards.ModelCard.as_view(), name="model_card"),
    path(
        "model-versions/<uuid:version_id>/annex-iv/",
        cards.TechnicalDocumentation.as_view(),
        name="annex_iv",
    ),
    path(f"{_version}class-mapping/", class_mapping.ClassMapping.as_view(), name="class_mapping"),
    path(
        "model-versions/<uuid:version_id>/exports/",
        exports.ModelVersionExports.as_view(),
        name="model_version_exports",
    ),
    path(
        "model-versions/<uuid:version_id>/decision/",
        decision.ModelVersionDecision.as_view(),
        name="model_version_decision",
    ),
    path(f"{_version}thresholds/", decision.Thresholds.as_view(), name="thresholds"),
    path(
        "model-versions/<uuid:version_id>/fast-mode/",
        models.ModelVersionFastMode.as_view(),
        name="model_version_fast_mode",
    ),
    path(
        "dataset-versions/<uuid:version_id>/label-rates/",
        label_rates.VersionLabelRates.as_view(),
        name="version_label_rates",
    ),
    path(
        "images/<uuid:image_id>/explanations/",
        explanations.ImageExplanations.as_view(),
        name="image_explanations",
    ),
    path(
        "dataset-versions/<uuid:pk>/lineage/",
        lineage.DatasetVersionLineage.as_view(),
        name="version_lineage",
    ),
    path("training/<uuid:pk>/lineage/", lineage.RunLineage.as_view(), name="run_lineage"),
    path(
        "model-versions/<uuid:pk>/lineage/",
        lineage.ModelVersionLineage.as_view(),
        name="model_version_lineage",
    ),
    path("images/<uuid:image_id>/models/", forgetting.ImageModels.as_view(), name="image_models"),
    path("images/<uuid:image_id>/forget/", forgetting.ForgetImage.as_view(), name="forget_image"),
    path(
        "forgettings/<uuid:forgetting_id>/",
        forgetting.ForgettingPage.as_view(),
        name="forgetting",
    ),
    path("evaluations/<uuid:report_id>/", evaluations.EvaluationPage.as_view(), name="evaluation"),
    path(
        "evaluations/<uuid:report_id>/robustness/",
        evaluations.EvaluationRobustness.as_view(),
        name="evaluation_robustness",
    ),
    path(
        "evaluations/<uuid:report_id>/comparison/",
        report_comparison.ReportComparison.as_view(),
        name="report_comparison",
    ),
    path(f"{_report}mistakes/", mistakes.Mistakes.as_view(), name="mistakes"),
    path(f"{_report}pairs/", mistakes.MistakePairs.as_view(), name="mistake_pairs"),
    path(f"{_report}freeze/", mistakes.FreezeAndRetrain.as_view(), name="freeze_and_retrain"),
    path(_mistake, mistakes.Mistake.as_view(), name="mistake"),
    path(f"{_mistake}reopen/", mistakes.MistakeReopen.as_view(), name="mistake_reopen"),
    path(f"{_mistake}nearest/", mistakes.MistakeNearest.as_view(), name="mistake_nearest"),
    path(
        "model-versions/<uuid:version_id>/copy/",
        model_copies.ModelCopyNew.as_view(),
        name="model_copy",
    ),
    path(
        "model-copies/<uuid:copy_id>/",
        model_copies.ModelCopyPage.as_view(),
        name="model_copy_detail",
    ),
    path("playground/", playground.Playground.as_view(), name="playground"),
]
urlpatterns = [
    path("", home.HomePage.as_view(), name="home"),
    path("", include((_pages, "classifier"))),
]
