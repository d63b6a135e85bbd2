# Everything a contributor runs. `make help` lists it; settings are DETENTION_* variables, in the environment or in .env.

# The first Python that answers; a version manager may leave names behind that do not.
PYTHON  ?= $(shell for p in python3.11 python3; do $$p -c "" 2>/dev/null && echo $$p && break; done)
WORKERS ?= 2
VENV    := .venv
# A worker with nothing left to do takes over half of what another has still before it.
PARALLEL := --numprocesses $(WORKERS) --dist worksteal
BIN     := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all:

# Words to bounds, history, redaction, filters, cursors, where a branch that no test takes could lie unnoticed; and the
# tests of these rooms, which have to take them all.
WHOLLY := app.estimates app.history app.writing.redaction app.records.filters app.reading.cursor
THEIRS := tests/estimates tests/history tests/records tests/reading/test_cursor.py tests/writing/test_redaction.py

UV_VERSION := 0.13.9

SWAGGER_UI         := app/http/static/swagger-ui
SWAGGER_UI_VERSION := $(shell cat app/http/static/swagger-ui/VERSION)
SWAGGER_UI_FILES   := LICENSE NOTICE favicon-32x32.png swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css

# One lock for every platform: markers tell them apart, hashes cover the files of each.
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
           --generate-hashes --no-emit-index-url --no-annotate $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-all check check-code check-format check-types check-layers check-dependencies check-spelling check-advisories check-coverage coverage check-files check-openapi mutants bench docs lock vendor

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.project ## Install what running takes, from the hashed lock, into .venv
	@:

setup-dev: $(VENV)/.dev ## Install what tests and checks take as well
	@:

run: setup ## Migrate the database, import the reference event, serve on DETENTION_PORT (8000)
	@exec $(BIN)/detention serve --migrate --reference

test: setup-dev ## Run the tests on SQLite and PostgreSQL, but for the long ones; ARGS='-k word' narrows them
	@$(BIN)/python -m pytest $(PARALLEL) -m "not slow" $(ARGS)

test-all: setup-dev ## Run every test, the long ones too
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

check: setup-dev ## Run every static check, going on after a fault
	@$(MAKE) --no-print-directory --keep-going --jobs 2 --output-sync \
	    check-coverage check-types check-code check-format check-layers check-dependencies \
	    check-spelling check-advisories check-files check-openapi

check-code: setup-dev ## Check the code with ruff
	@$(BIN)/ruff check --quiet --output-format concise

check-format: setup-dev ## Check the formatting with ruff
	@$(BIN)/ruff format --check --quiet --output-format concise

check-types: setup-dev ## Check the types with mypy --strict
	@$(BIN)/mypy --no-error-summary

check-layers: setup-dev ## Check that imports between the rooms of app/ point down
	@$(BIN)/lint-imports --no-logo >$(VENV)/layers.txt 2>&1 || { cat $(VENV)/layers.txt; exit 1; }

check-dependencies: setup-dev ## Check that what is imported is declared, and what is declared is used
	@$(BIN)/deptry --no-ansi . >$(VENV)/dependencies.txt 2>&1 || { cat $(VENV)/dependencies.txt; exit 1; }

check-spelling: setup-dev ## Check the spelling of code and docs
	@$(BIN)/typos --format brief

check-advisories: setup-dev ## Look for known faults of the packages in the locks; without a connection it says so and goes on
	@$(BIN)/pip-audit --progress-spinner off --disable-pip --require-hashes -r requirements.txt >$(VENV)/advisories.txt 2>&1 \
	  || ! grep -q "^Found" $(VENV)/advisories.txt || { cat $(VENV)/advisories.txt; exit 1; }
	@! grep -qE "could not be audited|Connection" $(VENV)/advisories.txt || echo "Advisories could not be looked up for every package"

# One engine: tracing takes half as long again, and a branch for the other one is tested by the statement it makes.
check-coverage: setup-dev ## Check that the riskiest code is reached wholly by its own tests
	@DETENTION_TEST_ENGINES=sqlite COVERAGE_FILE=$(VENV)/wholly $(BIN)/python -m pytest $(PARALLEL) -m "not slow" --quiet \
	  $(WHOLLY:%=--cov=%) --cov-fail-under=100 --cov-report=term-missing $(THEIRS) >$(VENV)/coverage.txt \
	  || { cat $(VENV)/coverage.txt; exit 1; }

coverage: setup-dev ## Check that the quick tests reach nearly all of the code, which takes twice as long as they do
	@$(BIN)/python -m pytest $(PARALLEL) -m "not slow" --quiet --cov --cov-report=term-missing >$(VENV)/coverage.txt \
	  || { cat $(VENV)/coverage.txt; exit 1; }

check-files: setup-dev ## Check the Dockerfile and the shell scripts, where their linters are published
	@! test -x $(BIN)/hadolint || $(BIN)/hadolint Dockerfile
	@! test -x $(BIN)/shellcheck || $(BIN)/shellcheck --external-sources .ci/run .ci/openapi-lint .ci/generate-clients

check-openapi: setup-dev ## Check the committed OpenAPI document with redocly and spectral
	@PYTHON=$(abspath $(BIN)/python) .ci/openapi-lint

mutants: setup-dev ## Change the riskiest code in small ways and see whether tests notice; ARGS='app.estimates.dates*' narrows it
	@$(BIN)/python -m tools.mutants $(ARGS)

bench: setup-dev ## Measure reading, the past and writing on both engines, as ratios; ARGS='facility post' picks some
	@DETENTION_BENCH_SERVER="$(BIN)/python -m tests.support.clusters durable" $(BIN)/detention bench $(ARGS)

docs: setup-dev ## Write anew what of docs/ is made from the code, and the answers that pages show
	@$(BIN)/python -m tools.docs.pages
	@$(BIN)/python -m tests.support.terminal

lock: $(VENV)-lock/bin/uv ## Write the hashed locks anew; ARGS=--upgrade takes the newest releases
	@$(COMPILE) pyproject.toml --output-file requirements.txt
	@$(COMPILE) --group build --output-file requirements-build.txt
	@$(COMPILE) pyproject.toml --group build --group dev --output-file requirements-dev.txt \
	    --constraint requirements.txt --constraint requirements-build.txt
	@$(COMPILE) .ci/clients/requirements.in --output-file .ci/clients/requirements.txt
	@$(COMPILE) .ci/tools/requirements.in --output-file .ci/tools/requirements.txt

vendor: ## Fetch the docs page's Swagger UI anew; SWAGGER_UI_VERSION= names another release
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	npm pack --silent --pack-destination "$$folder" swagger-ui-dist@$(SWAGGER_UI_VERSION) >/dev/null; \
	tar -xzf "$$folder"/*.tgz -C "$$folder"; \
	for file in $(SWAGGER_UI_FILES); do cp "$$folder/package/$$file" $(SWAGGER_UI)/; done; \
	cd $(SWAGGER_UI); echo $(SWAGGER_UI_VERSION) >VERSION; \
	sha256sum VERSION $(SWAGGER_UI_FILES) | LC_ALL=C sort -k 2 >SHA256SUMS; cat SHA256SUMS

# A stamp stands for an installed set; the environment is made anew when its lock has changed, and only then.
$(VENV)/.run: requirements.txt requirements-build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=...")'
	@echo "Setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(INSTALL) -r requirements.txt -r requirements-build.txt
	@touch $@

$(VENV)/.project: $(VENV)/.run pyproject.toml
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.project requirements-dev.txt
	@echo "Adding the tools of tests and checks"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

$(VENV)-lock/bin/uv: Makefile
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install -qq --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@
