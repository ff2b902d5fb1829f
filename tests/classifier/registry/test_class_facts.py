"""What goes with answers: precision as measured, notes, related classes, and when it changes."""

import numpy as np
import pytest

from classifier.engine.measure.decision import Wish
from classifier.engine.measure.intervals import wilson
from classifier.engine.runtime.decider import unit_rows
from classifier.evaluation.services import listeners
from classifier.models import RegisteredModel
from classifier.models.decision import REFERENCES_FILE
from classifier.prediction.services.known_classes import KnownClasses, Standing
from classifier.registry.selectors.class_facts import class_facts
from datasets.models import ClassLabel
from datasets.selectors.classes import ClassNote
from datasets.services.labelling.class_note import set_class_note
from datasets.services.labelling.classes import rename_class
from datasets.services.labelling.remove_class import delete_class
from datasets.services.labelling.undo_edit import undo_edit
from datasets.services.listeners import vectors_added
from storage import durable
from storage.names import model_file_name
from tests import factories
from tests.classifier.decided import make_decision

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(user):
    learned = factories.make_version(user=user, classes=("ant", "bee", "cat"))
    return factories.make_model_version(factories.make_run(user, learned))


def number(version):
    return RegisteredModel.objects.get(pk=version.model_id).class_facts_number


def test_precision_is_of_the_versions_own_test_split(user, version):
    assert class_facts(version.pk) == {}
    elsewhere = factories.make_version(user=user, classes=("ant", "bee", "cat"))
    other = factories.make_report(version, right=0, images=30, dataset_version=elsewhere)
    assert class_facts(version.pk) == {}
    # The first 21 of 30 are right, the others taken for the next class: three of each.
    report = factories.make_report(version, right=21, images=30)
    found = class_facts(version.pk)
    assert (found["ant"].precision, found["ant"].precision_images) == (0.7, 10)
    assert found["ant"].precision_interval == wilson(7, 10)
    figures = {each.class_name: each.precision for each in report.figures.per_class}
    assert {name: facts.precision for name, facts in found.items()} == figures
    assert [(each.class_name, each.mistaken) for each in found["ant"].related] == [("cat", 3)]
    # A later report on the same split is the one that counts.
    factories.make_report(version, right=30, images=30)
    again = class_facts(version.pk)["ant"]
    assert (again.precision, again.precision_images, again.related) == (1.0, 10, ())
    before = number(version)
    listeners.tell(other)
    assert number(version) == before
    listeners.tell(report)
    assert number(version) == before + 1


def test_a_class_that_was_never_answered_has_no_precision(version):
    factories.make_report(version, right=2, images=2)
    found = class_facts(version.pk)
    assert found["ant"].precision == 1.0
    assert "cat" not in found or found["cat"].precision is None


def test_notes_count_and_follow_a_renamed_class(user, version):
    bee = ClassLabel.objects.get(name="bee")
    before = number(version)
    set_class_note(user=user, label=bee, description="Stings.")
    assert number(version) == before + 1
    set_class_note(user=user, label=bee, description="Stings.")
    assert number(version) == before + 1, "nothing has changed"
    bee = rename_class(user=user, label=bee, name="honey bee")
    assert class_facts(version.pk)["bee"].note == ClassNote("Stings.", "")
    edit = delete_class(user=user, label=bee)
    assert (number(version), class_facts(version.pk)) == (before + 2, {})
    undo_edit(user=user, edit=edit)
    assert number(version) == before + 3
    assert class_facts(version.pk)["bee"].note == ClassNote("Stings.", "")


def test_classes_are_alike_by_the_versions_own_vectors(user, make_model_version):
    version = make_model_version(user)
    assert class_facts(version.pk) == {}
    make_decision(user, version, Wish(precision=0.9))
    # These colours have little in common.
    assert all(not facts.related for facts in class_facts(version.pk).values())
    path = durable.local(model_file_name(version.pk, REFERENCES_FILE))
    np.save(path, unit_rows(np.load(path) + 1))
    found = class_facts(version.pk)["red"]
    assert {each.class_name for each in found.related} == {"blue", "green"}
    assert all(each.why == ("alike",) and 0.5 <= each.cosine <= 1 for each in found.related)


def test_a_process_reads_once_and_again_when_it_has_changed(
    user, version, django_assert_num_queries
):
    known = KnownClasses(most_classes=1)
    standing = Standing.of(version.pk, number(version), "")
    assert known.at_hand(standing) is None
    assert known.get(standing) == {}
    with django_assert_num_queries(0):
        assert known.get(standing) == {}
    set_class_note(user=user, label=ClassLabel.objects.get(name="cat"), link="http://a.example/")
    later = Standing.of(version.pk, number(version), "")
    assert later != standing
    assert known.get(later)["cat"].note == ClassNote("", "http://a.example/")
    assert known.at_hand(standing) is None, "what stood before is gone"
    other = factories.make_model_version(factories.make_run(user, version.dataset_version))
    beside = Standing.of(other.pk, number(other), "")
    assert known.get(beside) is known.at_hand(beside)
    assert known.at_hand(later) is None, "room for one class"


def test_vectors_that_come_later_count(user, version):
    before = number(version)
    vectors_added.announce(user=None, dataset=version.dataset_version.dataset)
    assert number(version) == before + 1
