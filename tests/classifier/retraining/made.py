"""A model with a live version, its rule, and more labels than that version learned from."""

from classifier.models import RegisteredModel, RetrainingRule
from classifier.retraining.services.set_rule import set_rule
from datasets.models import Image
from datasets.services.labelling.annotate import annotate
from jobs.models import Job, Status
from tests import factories


def live_model(user) -> RegisteredModel:
    """A model whose first version is live; the run that made it is over."""
    version = factories.make_version(user=user)
    run = factories.make_run(user, version, config={"epochs": 3})
    Job.objects.filter(pk=run.job_id).update(status=Status.CANCELLED)
    return factories.make_model_version(run).model


def dataset_of(model):
    return model.versions.get(number=1).dataset_version.dataset


def ruled(model, **values) -> RetrainingRule:
    given = {"labels": None, "drift": False, "every_days": None, **values}
    return set_rule(user=model.created_by, model=model, **given)


def learn_more(model, new: int, corrected: int = 0) -> None:
    """Label so many images more, and correct the class of others."""
    dataset = dataset_of(model)
    start = 100 + Image.objects.filter(dataset=dataset).count()
    factories.make_images(dataset, "cat", new, start=start)
    wrong = Image.objects.filter(dataset=dataset, class_label__name="dog")[:corrected]
    annotate(
        user=model.created_by,
        dataset=dataset,
        class_names=dict.fromkeys([i.pk for i in wrong], "cat"),
    )
