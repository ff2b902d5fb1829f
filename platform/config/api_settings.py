"""The REST API and its schema."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.APITokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.authentication.HasTokenScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["common.filters.AllowListFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "common.pagination.NewestFirstPagination",
    "DEFAULT_SCHEMA_CLASS": "jobs.schema.Schema",
    "EXCEPTION_HANDLER": "common.problems.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Loupe",
    "DESCRIPTION": "Image classification: datasets, training, evaluation, registry, prediction.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AutoKindEnum": "classifier.experiments.serializers.kinds.auto.KIND",
        "CrossValidationKindEnum": (
            "classifier.experiments.serializers.kinds.cross_validation.KIND"
        ),
        "EnsembleKindEnum": "classifier.experiments.serializers.kinds.ensemble.KIND",
        "EnsembleMethodEnum": "classifier.experiments.serializers.kinds.ensemble.METHODS",
        "ExperimentKindEnum": "classifier.experiments.serializers.experiments.KINDS",
        "ExportFormatEnum": "classifier.registry.selectors.exports.FILES",
        "FoldStrategyEnum": "classifier.experiments.services.plans.cross_validation.STRATEGIES",
        "FindingKindEnum": "datasets.models.FindingKind",
        "HeatMapMethodEnum": "classifier.engine.explain.methods.METHODS",
        "DeliveryStatusEnum": "webhooks.models.DeliveryStatus",
        "EventEnum": "webhooks.events.Event",
        "SentEventEnum": "webhooks.events.SENT_EVENTS",
        "JobStatusEnum": "jobs.models.Status",
        "LearningCurveKindEnum": "classifier.experiments.serializers.kinds.learning_curve.KIND",
        "PresetKindEnum": "classifier.training.serializers.presets.FAMILIES",
        "RetrainingReasonEnum": "classifier.models.DraftReason",
        "RetrainingStatusEnum": "classifier.models.DraftStatus",
        "ReviewKindEnum": "classifier.models.ReviewKind",
        "ReviewOrderEnum": "classifier.review.selectors.items.ORDERS",
        "ReviewStatusEnum": "classifier.models.ReviewStatus",
        "ShareKindEnum": "accounts.models.ShareKind",
        "ShareStatusEnum": "accounts.serializers.shares.STATUSES",
        "SearchKindEnum": "classifier.experiments.serializers.kinds.search.KIND",
        "SearchObjectiveEnum": "classifier.experiments.services.plans.search.OBJECTIVES",
        "SearchSamplerEnum": "classifier.experiments.services.plans.search.SAMPLERS",
        "StrategyEnum": "datasets.models.Strategy",
        "TrialStatusEnum": "classifier.experiments.serializers.trials.STATUSES",
    },
    "PREPROCESSING_HOOKS": ["common.schema.add_heads"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "common.schema.complete",
    ],
}
