"""What can be read of docker/; `make prove-containers` builds and runs it."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from tests.servers import REPOSITORY_DIR

DOCKER = REPOSITORY_DIR / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
DOCKERFILE = (DOCKER / "Dockerfile").read_text()


def test_every_target_that_compose_builds_is_in_the_dockerfile():
    targets = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    built = {s["build"]["target"] for s in COMPOSE["services"].values() if "build" in s}
    assert built == {"web", "worker", "worker-gpu"}
    assert built <= targets


def test_every_queue_has_a_worker():
    commands = [" ".join(s.get("command", [])) for s in COMPOSE["services"].values()]
    for queue in ("io", "train", "instant", "beat"):
        assert any(command.startswith(f"-Q {queue}") for command in commands), queue
    predict = COMPOSE["services"]["worker-predict"]
    assert predict["entrypoint"] == ["python", "manage.py", "serve_predictions"]


def test_celery_writes_no_banner_into_the_log():
    [worker] = re.findall(r"^ENTRYPOINT (.+)$", DOCKERFILE, re.MULTILINE)
    for words in (json.loads(worker), COMPOSE["services"]["beat"]["entrypoint"]):
        assert words[:4] == ["celery", "-A", "config.celery:app", "--quiet"]


def test_every_copied_path_is_in_the_repository():
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in sources.split():
            assert (REPOSITORY_DIR / source).exists(), source


def test_an_operator_may_pin_every_image_by_digest():
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)$", DOCKERFILE, re.MULTILINE))
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) - stages
    assert bases == {f"${{{name}}}" for name in arguments}
    for service in COMPOSE["services"].values():
        if "build" in service:
            assert service["image"] == f"loupe-{service['build']['target']}"
            passed = {name: f"${{{name}:-{tag}}}" for name, tag in arguments.items()}
            assert service["build"]["args"] == passed
        else:
            assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:-[a-z]+:\d+\}", service["image"])
    named = re.findall(r"^# (\w+_IMAGE)=", (DOCKER / "example.env").read_text(), re.MULTILINE)
    others = [s for s in COMPOSE["services"].values() if "build" not in s]
    images = {service["image"][2:].split(":")[0] for service in others}
    assert set(named) == images | set(arguments)


def test_redis_asks_for_the_password_that_loupe_gives():
    password = "${REDIS_PASSWORD:?set it in docker/.env}"
    for service in COMPOSE["services"].values():
        if "build" in service:
            assert service["environment"]["REDIS_URL"] == f"redis://:{password}@redis:6379/0"
            images = f"redis://:{password}@redis-images:6379/0"
            assert service["environment"]["LOUPE_IMAGES_REDIS_URL"] == images
    for name in ("redis", "redis-images"):
        redis = COMPOSE["services"][name]
        assert redis["command"][-2:] == ["--requirepass", password]
        assert redis["environment"]["REDISCLI_AUTH"] == password


def test_who_serves_does_not_know_the_password_of_the_tables_owner():
    services = {name: s for name, s in COMPOSE["services"].items() if "build" in s}
    owners = "${POSTGRES_PASSWORD:?set it in docker/.env}"
    for name, service in services.items():
        environment = service["environment"]
        assert environment["POSTGRES_PASSWORD"] == "", "env_file would hand it over"
        knows = [key for key, value in environment.items() if owners in str(value)]
        assert knows == (["DATABASE_URL"] if name == "migrate" else []), name
    serving = services["web"]["environment"]["DATABASE_URL"]
    migrate = services["migrate"]["environment"]
    assert migrate["LOUPE_SERVING_ROLE"] == "loupe_serving"
    assert f"//loupe_serving:{migrate['LOUPE_SERVING_PASSWORD']}@" in serving
    assert (
        f"//{COMPOSE['services']['postgres']['environment']['POSTGRES_USER']}:"
        in (migrate["DATABASE_URL"])
    )


def test_our_containers_can_write_next_to_nothing():
    for name, service in COMPOSE["services"].items():
        if "build" in service:
            assert service["read_only"] is True, name
            assert service["tmpfs"] == ["/tmp:size=1g"], name
            assert service["volumes"] == ["data:/data"], name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users == ["10001"]


def test_every_target_has_a_health_check_and_nothing_that_installs():
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    of = {stage.split()[2]: stage for stage in stages}
    for target in ("web", "worker", "worker-gpu"):
        base = of[target].split()[0]
        text = of[target] + of[base].replace(of["base"], "")
        assert "HEALTHCHECK" in text, target
        copied = [line.split()[1:3] for line in text.splitlines() if line.startswith("COPY")]
        assert {path for _, path in copied} == {"/venv", "/loupe"}, target
        assert all(stage.startswith("--from=") for stage, _ in copied), target
        assert "\nRUN" not in text, target


def test_the_web_image_installs_a_part_of_what_the_worker_installs():
    named = {
        line.split("[")[0].strip().lower()
        for line in (DOCKER / "requirements-web.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    pinned = (REPOSITORY_DIR / "requirements.txt").read_text().lower()
    assert named - set(re.findall(r"^([\w.-]+)(?:\[\w+\])?==", pinned, re.MULTILINE)) == set()
    lock = (DOCKER / "requirements-web.lock").read_text()
    heavy = ("tensorflow", "keras", "scikit-learn", "scipy", "pyarrow", "supervisor", "optuna")
    assert [name for name in heavy if f"\n{name}==" in lock] == []


def test_images_of_predictions_are_written_to_no_disk():
    redis = COMPOSE["services"]["redis-images"]
    assert redis["command"][1:5] == ["--appendonly", "no", "--save", ""]
    assert "--maxmemory" in redis["command"]
    assert "volumes" not in redis


def test_a_container_knows_its_version():
    assert re.search(r"^COPY .*\bpyproject\.toml\b", DOCKERFILE, re.MULTILINE)


def test_compose_reads_the_file(tmp_path):
    compose = shutil.which("docker-compose")
    if compose is None:
        pytest.skip("no docker-compose to check the schema with")
    copy = tmp_path / "compose.yaml"
    # docker-compose 1 knows no project name.
    copy.write_text(re.sub(r"^name:.*\n", "", (DOCKER / "compose.yaml").read_text(), flags=re.M))
    shutil.copy(DOCKER / "example.env", tmp_path / ".env")
    subprocess.run(
        [compose, "-f", str(copy), "config", "-q"],
        check=True,
        env={
            "SECRET_KEY": "x",
            "POSTGRES_PASSWORD": "y",
            "POSTGRES_SERVING_PASSWORD": "q",
            "REDIS_PASSWORD": "z",
            "PATH": "/usr/bin:/bin",
        },
    )


def test_a_web_server_finds_its_static_files_in_the_image():
    [folder] = re.findall(r"^ENV LOUPE_STATIC_DIR=(\S+)$", DOCKERFILE, re.MULTILINE)
    [stage] = re.findall(r"^FROM packages-web AS code-web\n.*?(?=^FROM)", DOCKERFILE, re.M | re.S)
    assert f"LOUPE_STATIC_DIR={folder} " in stage
    assert "collectstatic" in stage
    assert "collectstatic" not in DOCKERFILE.replace(stage, "")
