"""The pages, with nothing there yet and with real rows."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from classifier.engine.presets.registry import PRESETS
from classifier.models import AliasChange, TrainingRun
from jobs.models import Job, JobAttempt, Status
from tests import factories
from tests.classifier.trained import end_job


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_home_offers_one_next_step_when_there_is_nothing(page_client):
    page = text_of(page_client.get("/"))
    assert "Start with a dataset" in page
    assert f'action="{reverse("datasets:sample")}"' in page
    assert page.count("btn-primary") == 1
    assert page.count("dropzone-title") == 1


def test_home_says_what_runs_and_what_needs_me(page_client, user, make_run, make_model_version):
    run = make_run(user, name="Cats against dogs")
    failed = make_run(user, version=run.dataset_version, name="Too large")
    for status, fence in (("queued", 0), ("running", 1), ("failed", 1)):
        Job.objects.filter(pk=failed.job_id).update(
            status=status,
            fence=fence,
            ended_at=timezone.now() if status == "failed" else None,
            error={"code": "out_of_memory", "title": "", "detail": "No memory.", "hint": ""},
        )
    part = Job.objects.create(
        kind="help_import", queue="io", organization=failed.organization, title="A part of another"
    )
    fresh = factories.make_version(user=user, classes=("ant", "bee"))
    version = make_model_version(user)
    page = text_of(page_client.get("/"))
    assert "Training of Cats against dogs" in page
    assert "Training of Too large" in page
    assert "No memory." in page
    assert part.title not in page
    other = Client()
    other.force_login(factories.make_member(failed.organization, Role.VIEWER))
    assert "No memory." not in text_of(other.get("/"))
    assert f"Train on it: {fresh}" in page
    assert version.model.name in page


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/training/", "No runs yet"),
        ("/training/new/", "Freeze a dataset version first"),
        ("/models/", "No models of your own yet"),
    ],
)
def test_empty_pages_say_what_to_do(page_client, path, words):
    assert words in text_of(page_client.get(path))


@pytest.mark.parametrize(
    "address",
    [
        "/training/?status=done",
        "/training/?state=failed",
        "/training/compare/?column=speed",
        "/training/compare/?sort=name",
        "/training/compare/?colour=red",
        "/experiments/?kind=study",
        "/experiments/?page=-1",
    ],
)
def test_an_address_that_a_list_does_not_understand_is_refused(page_client, address):
    page = page_client.get(address)
    assert page.status_code == 400
    name = address.partition("?")[2].partition("=")[0]
    assert re.search(rf"{name} must be|parameter {name}\b", page.content.decode())


def test_the_form_has_the_fields_of_the_schema(page_client, user):
    factories.make_version(user=user)
    for name, preset in PRESETS.items():
        page = text_of(page_client.get("/training/new/", {"preset": name}))
        for field, setting in preset.config_schema()["properties"].items():
            assert f'name="config-{field}"' in page, field
            assert setting["title"] in page
        other = text_of(page_client.get("/training/new/settings/", {"preset": name}))
        assert set(re.findall(r'name="config-(\w+)"', other)) == set(preset.settings)


def test_small_images_are_met_with_the_preset_for_them(page_client, user):
    factories.make_version(user=user)
    page = text_of(page_client.get("/training/new/"))
    assert re.search(r'value="cnn_tiny" checked', page)
    first = page[page.index('class="preset-cards"') :]
    assert first.index("Recommended for your images") < first.index('value="efficientnet_lite0"')
    assert "16 pixels on the longer side on average" in first
    assert page.count("Recommended for your images") == 1


def test_presets_are_grouped_and_those_without_weights_come_last(
    page_client, user, settings, tmp_path
):
    factories.make_version(user=user)
    page = text_of(page_client.get("/training/new/"))
    cards = page[page.index('class="preset-cards"') : page.index('id="settings-title"')]
    titles = ["Recommended for your images", "On a pretrained network", "From nothing", "Classic"]
    assert sorted(titles, key=cards.index) == titles
    assert sorted(re.findall(r'name="preset" value="(\w+)"', cards)) == sorted(PRESETS)
    pretrained = cards[cards.index(titles[1]) : cards.index(titles[2])]
    lite, apart, vgg = map(
        pretrained.index,
        ('value="efficientnet_lite0" required', "Their weights are not here", 'value="vgg16"'),
    )
    assert lite < apart < vgg
    assert 'value="vgg16" disabled' in pretrained
    assert "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 is not on this machine" in pretrained
    assert "1 + 11 without weights" in pretrained
    # What a clone stands on is shown, though it cannot be started here.
    chosen = text_of(page_client.get("/training/new/", {"preset": "vgg16"}))
    assert 'value="vgg16" checked' in chosen
    assert chosen.count('<details class="preset-group" open>') == 1

    settings.WEIGHTS_DIR = tmp_path
    (tmp_path / PRESETS["vgg16"].facts["weights_file"]).write_bytes(b"weights")
    page = text_of(page_client.get("/training/new/"))
    assert 'value="vgg16" required' in page
    assert "2 + 10 without weights" in page


def test_basic_settings_come_first_and_changes_are_marked(page_client, user, make_run):
    run = make_run(user, config={"epochs": 17, "dropout": 0.5})
    for preset in PRESETS.values():
        page = text_of(page_client.get("/training/new/", {"preset": preset.name}))
        main, rest = page[page.index('class="settings-basic"') :].split("<details", 1)
        basic = [
            name
            for name, each in preset.config_schema()["properties"].items()
            if each["x-group"] == "basic"
        ]
        shown = re.findall(r'name="config-(\w+)"', main)
        assert sorted(shown) == sorted(basic)
        assert set(shown[:3]) == set(preset.main)
        # Every setting has its default and a heading; terms are explained.
        assert page.count('class="setting-default"') == len(preset.settings)
        properties = preset.config_schema()["properties"].values()
        words = [each["x-word"] for each in properties if each.get("x-word")]
        assert page.count('class="explain-text"') >= len(words)
        for each in properties:
            assert each["x-group"] == "basic" or f"<h3>{each['x-section']}</h3>" in rest
        assert 1 <= len(preset.main) <= 3
        assert "<summary>Expert settings" in f"<details{rest}"
        # These images are small: a classic method is suggested to learn from their pixels.
        assert ("is-changed" in page) == (preset.kind == "classic")
        name = preset.main[0]
        assert name != "epochs" or f"default {preset.defaults.epochs} <" in main
    clone = text_of(page_client.get(f"/training/{run.pk}/clone/"))
    assert clone.count("setting is-changed") == 2
    assert re.search(r'<details class="more-settings" open>', clone)


def test_another_version_brings_its_recommendation_and_keeps_what_was_typed(page_client, user):
    small = factories.make_version(user=user)
    large = factories.make_version(user=user)
    large.samples.first().image.dataset.images.update(width=640, height=480)
    typed = {"dataset_version": small.pk, "preset": "cnn_tiny", "version_before": small.pk}
    followed = text_of(page_client.get("/training/new/", {**typed, "dataset_version": large.pk}))
    assert re.search(r'value="efficientnet_lite0" checked', followed)
    settings = {"config-epochs": 7, "config-augmentation": "none", "config-learning_rate": 0.002}
    chosen = {**typed, "version_before": large.pk, **settings}
    kept = text_of(page_client.get("/training/new/", chosen))
    assert re.search(r'value="cnn_tiny" checked', kept)
    assert re.search(r'name="config-epochs" value="7"', kept)


def posted(version, **changes):
    defaults = PRESETS["cnn_tiny"].defaults.to_dict()
    settings = {f"config-{k}": "" if v is None else v for k, v in defaults.items()}
    return {"dataset_version": version.pk, "preset": "cnn_tiny", **settings, **changes}


def test_what_the_form_leaves_out_has_its_default_and_what_it_sends_counts(page_client, user):
    version = factories.make_version(user=user)
    idle = {"config-momentum", "config-decay_epochs", "config-decay_factor"}
    body = {name: value for name, value in posted(version).items() if name not in idle}
    assert page_client.post("/training/new/", body).status_code == 302
    run = TrainingRun.objects.get()
    assert run.config == PRESETS["cnn_tiny"].defaults.to_dict()
    refused = page_client.post("/training/new/", {**body, "config-momentum": 0.5})
    assert refused.status_code == 422
    assert "momentum has an effect with optimizer sgd alone" in text_of(refused)
    # What has an effect has to come.
    missing = page_client.post("/training/new/", {**body, "config-batch_size": ""})
    assert missing.status_code == 422
    for odd in ("9" * 5000, "9" * 400, "1025", "-1", "1e3", "AUTO", "٣"):
        refused = page_client.post("/training/new/", {**body, "config-batch_size": odd})
        assert refused.status_code == 422
        assert "batch_size must be a whole number from 1 to 1024, or auto" in text_of(refused)
    assert TrainingRun.objects.count() == 1


def test_a_run_starts_from_the_form(page_client, user):
    version = factories.make_version(user=user)
    body = posted(version, **{"config-epochs": 3, "name": "By hand"})
    answer = page_client.post("/training/new/", body)
    run = TrainingRun.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/training/{run.pk}/"
    assert (run.name, run.config["epochs"], run.created_by) == ("By hand", 3, user)
    page = text_of(page_client.get(f"/training/{run.pk}/"))
    assert "By hand" in page
    assert run.time_limit_seconds == 24 * 3600
    assert "<dt>Time limit</dt><dd>24 h</dd>" in page
    assert '<strong>3</strong> <span class="quiet">changed</span>' in page
    assert f'job-id="{run.job_id}"' in page
    listed = text_of(page_client.get("/training/"))
    assert "By hand" in listed
    assert "By hand" not in text_of(page_client.get("/training/?status=failed"))


def test_a_wrong_setting_is_said_where_it_is(page_client, user):
    version = factories.make_version(user=user)
    answer = page_client.post("/training/new/", posted(version, **{"config-epochs": 0}))
    assert answer.status_code == 422
    assert "epochs must be a whole number from 1 to 1000; received 0." in text_of(answer)
    answer = page_client.post("/training/new/", posted(version, time_limit_hours=1000))
    assert answer.status_code == 422
    assert "A training may take 60 to 604,800 seconds (168 hours)" in text_of(answer)
    assert not TrainingRun.objects.exists()


def test_a_clone_begins_with_the_settings_of_its_source(page_client, user, make_run):
    run = make_run(user, config={"epochs": 17})
    page = text_of(page_client.get(f"/training/{run.pk}/clone/"))
    assert re.search(r'name="config-epochs" value="17"', page)
    answer = page_client.post(
        f"/training/{run.pk}/clone/",
        posted(run.dataset_version, **{"config-epochs": 18, "time_limit_hours": "0.5"}),
    )
    assert answer.status_code == 302
    clone = TrainingRun.objects.exclude(pk=run.pk).get()
    assert (clone.config["epochs"], clone.name) == (18, f"{run.name} #2")
    assert clone.time_limit_seconds == 1800
    assert 'name="time_limit_hours" value="0.5"' in text_of(
        page_client.get(f"/training/{clone.pk}/clone/")
    )


def test_a_cancelled_run_is_resumed_from_its_page(page_client, user, make_run):
    run = make_run(user)
    log = "Epoch 3: val_loss 0.4321"
    JobAttempt.objects.create(job=run.job, number=1, fence=1, worker="w", public_log=log)
    Job.objects.filter(pk=run.job_id).update(status=Status.CANCELLED)
    page = text_of(page_client.get(f"/training/{run.pk}/"))
    assert "Resume" in page
    assert log in page
    viewer = Client()
    viewer.force_login(factories.make_member(run.organization, Role.VIEWER))
    for path in (f"/training/{run.pk}/", f"/jobs/{run.job_id}/"):
        seen = text_of(viewer.get(path))
        assert "<job-progress" in seen
        for button in ("Resume</button>", "Clone with edits", 'data-job="cancel"'):
            assert button not in seen
    answer = page_client.post(f"/training/{run.pk}/resume/")
    assert answer.status_code == 302
    run = TrainingRun.objects.select_related("job").get()
    assert not run.job.is_terminal


def test_a_model_is_promoted_with_a_reason(page_client, user, make_model_version):
    first = make_model_version(user)
    second = make_model_version(user, model=first.model)
    for version in (first, second):
        factories.make_report(version, right=59)
    url = f"/models/{first.model_id}/"
    assert "Make live" in text_of(page_client.get(url))
    page_client.post(f"{url}promote/", {"version": 2, "reason": "Sees snakes"})
    page = text_of(page_client.get(url))
    assert "Sees snakes" in page
    assert "Roll back" in page
    assert AliasChange.objects.filter(version_number=2, reason="Sees snakes").exists()
    assert first.model.name in text_of(page_client.get("/models/"))
    version = text_of(page_client.get(f"/model-versions/{second.pk}/"))
    for part in (second.files["model.onnx"]["sha256"], second.dataset_digest, "keras"):
        assert part in version


def test_the_playground_shows_calls_without_a_token(page_client, user, make_model_version):
    version = make_model_version(user)
    page = text_of(page_client.get("/playground/"))
    assert f"/api/v1/models/{version.model_id}/predict/" in page
    assert "$LOUPE_TOKEN" in page
    assert "loupe_" not in page
    assert "data-sample=" in page


def test_class_names_are_text_everywhere(page_client, user, make_run, make_model_version):
    evil = '<img src=x onerror="alert(1)">'
    version = factories.make_version(user=user, classes=(evil, "dog"))
    run = make_run(user, version=version, name=evil)
    registered = factories.make_model_version(run)
    end_job(run.job)
    for path in (
        "/",
        "/training/",
        f"/training/{run.pk}/",
        f"/model-versions/{registered.pk}/",
        f"/models/{registered.model_id}/",
        f"/playground/?model={registered.model_id}",
    ):
        assert evil not in page_client.get(path).content.decode(), path


@pytest.mark.parametrize(
    "name",
    [
        "trainingrun",
        "registeredmodel",
        "modelversion",
        "modelalias",
        "aliaschange",
        "evaluationreport",
        "prediction",
    ],
)
def test_the_admin_lists_and_shows_and_does_not_edit(client, user, make_model_version, name):
    version = make_model_version(user)
    root = factories.make_user(is_staff=True, is_superuser=True)
    client.force_login(root)
    answer = client.get(f"/admin/classifier/{name}/")
    assert answer.status_code == 200
    assert client.get(f"/admin/classifier/{name}/add/").status_code == 403
    if name == "modelversion":
        one = client.get(f"/admin/classifier/modelversion/{version.pk}/change/")
        assert one.status_code == 200
        assert version.files["model.onnx"]["sha256"] in one.content.decode()
    if name == "trainingrun":
        filtered = client.get(f"/admin/classifier/{name}/?job__status__exact=failed")
        assert filtered.status_code == 200
