from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import ShareKind
from accounts.querysets import SharedWith, TenantQuerySet
from classifier.models.registered_model import RegisteredModel
from classifier.models.training_run import TrainingRun
from common.fit import Fit, stored_fit
from common.models import UUIDModel
from datasets.models import DatasetVersion
from storage import durable
from storage.names import model_file_name

SERVED_FILE = "model.onnx"


class ModelVersionQuerySet(TenantQuerySet):
    organization_path = "model__organization"
    shared_when_null = True
    shared_with = SharedWith(ShareKind.MODEL, "model")

    @classmethod
    def open_to_readers(cls) -> Q:
        """Return what is not archived with its model."""
        return Q(model__archived_at=None)


class ModelVersion(UUIDModel):
    """A trained model with its whole lineage; triggers refuse UPDATE, DELETE and TRUNCATE.

    A deletion says by the setting `loupe.deleted_version` or `loupe.deleted_model` what may go
    (`classifier.registry.services.delete_rows`).

    `files` is {name: {sha256, bytes}} of what is kept as `model_file_name(id, name)`. Only a
    built-in version may be without files, until its first use: then they, the class names and the
    libraries are recorded, once. `parity` says how far ONNX Runtime's probabilities are from
    Keras's. `instant_model` says of which dataset's instant model it was made, with that one's
    figures (`classifier.registry.services.register_instant`); null where a training made it.
    `ensemble` says of which versions it was made (`classifier.engine.measure.ensemble.Lineage`);
    `imported` as which file it came (`classifier.registry.services.register_imported`).
    `distilled` is whose answers a student learned, as its run has it
    (`classifier.training.selectors.teachers.distilled_from`).
    """

    model = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    training_run = models.OneToOneField(
        TrainingRun, null=True, on_delete=models.PROTECT, related_name="model_version"
    )
    dataset_version = models.ForeignKey(
        DatasetVersion, null=True, on_delete=models.PROTECT, related_name="model_versions"
    )
    dataset_digest = models.CharField(max_length=64, blank=True)
    class_names = models.JSONField()
    preset = models.CharField(max_length=40)
    config = models.JSONField()
    libraries = models.JSONField()
    code_version = models.CharField(max_length=80)
    files = models.JSONField()
    parity = models.JSONField(null=True)
    instant_model = models.JSONField(null=True)
    ensemble = models.JSONField(null=True)
    imported = models.JSONField(null=True)
    distilled = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ModelVersionQuerySet.as_manager()
    is_shared = False

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="model_version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.model} version {self.number}"

    @property
    def fit(self) -> Fit:
        """How an image that is not square becomes what the model sees."""
        return stored_fit(self.config)

    @property
    def learned_from(self) -> list[str] | None:
        """The ids of the dataset versions that it learned from, None where they are not known."""
        copied = getattr(self, "copied_from", None)
        if copied is not None:
            known: list[str] | None = copied.learned_from
            return known
        if self.ensemble is not None:
            found: list[str] | None = self.ensemble["learned_from"]
            return found
        own = [str(self.dataset_version_id)] if self.dataset_version_id else None
        if self.distilled is None or own is None:
            return own
        taught: list[str] | None = self.distilled["learned_from"]
        return None if taught is None else list(dict.fromkeys([*own, *taught]))

    @property
    def known_sources(self) -> list[str]:
        """The ids of dataset versions that it learned from, as far as they are known.

        An ensemble with a member that was trained elsewhere has others, too, as has a student of
        such a teacher, and a copy of these: `learned_from` is None then.
        """
        if (whole := self.learned_from) is not None:
            return whole
        copied = getattr(self, "copied_from", None)
        if copied is not None:
            kept: list[str] = copied.known_sources
            return kept
        if self.distilled is not None and self.dataset_version_id:
            own = [str(self.dataset_version_id), *self.distilled["known_sources"]]
            return list(dict.fromkeys(own))
        if self.ensemble is None:
            return []
        # One that was made before members were told apart is known to have met its own version.
        known: list[str] = self.ensemble.get("known_sources", [str(self.dataset_version_id)])
        return known

    @property
    def instant_models(self) -> list[dict[str, str]]:
        """The instant models that it is or was made of, by teacher, members or source of a copy.

        {dataset, made_at} of each. They learned from the labels of a moment, and which images these
        were was not written down.
        """
        if self.instant_model is not None:
            made = {"made_at": self.created_at.isoformat()}
            return [{"dataset": self.instant_model["dataset"], **made}]
        copied = getattr(self, "copied_from", None)
        if copied is not None:
            kept: list[dict[str, str]] = copied.instant_models
            return kept
        made_of = self.distilled or self.ensemble or {}
        found: list[dict[str, str]] = made_of.get("instant_models", [])
        return found

    @property
    def others_unknown(self) -> bool:
        """Whether it is unknown what something behind it learned from that is no instant model.

        So it is of what was trained elsewhere, and of what has such a member, teacher or source.
        """
        if self.learned_from is not None or self.instant_model is not None:
            return False
        copied = getattr(self, "copied_from", None)
        if copied is not None:
            kept: bool = copied.others_unknown
            return kept
        made_of = self.distilled or self.ensemble or {}
        found: bool = made_of.get("others_unknown", True)
        return found

    @property
    def served_file(self) -> dict | None:
        """The `{sha256, bytes}` of the file that answers predictions; None until it is made."""
        return self.files.get(SERVED_FILE)

    @property
    def fast_sha256(self) -> str:
        """The hash of the fast file that answers in its place; empty while none does."""
        row = getattr(self, "fast_mode", None)
        return row.file["sha256"] if row is not None and row.enabled else ""

    @property
    def rule_name(self) -> str:
        """What the rule that decides is called; empty while answers come without a decision."""
        row = getattr(self, "decision", None)
        return row.rule_name if row is not None else ""

    @property
    def tags(self) -> list[str]:
        """What it is tagged with, in the order of the alphabet."""
        row = getattr(self, "note", None)
        found: list[str] = row.tags if row is not None else []
        return found

    @property
    def note_text(self) -> str:
        """What people say of it; empty while no one has said anything."""
        row = getattr(self, "note", None)
        return row.text if row is not None else ""

    @property
    def served_path(self) -> Path:
        """Where the file that answers predictions lies on this machine, if it is kept."""
        if self.served_file is None:
            return durable.local(self.served_name)
        return durable.local_content(self.served_name, self.served_file["sha256"])

    @property
    def served_name(self) -> str:
        """The name of the file that answers predictions."""
        return model_file_name(self.pk, SERVED_FILE)
