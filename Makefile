# Everything a developer does here. Each target works from a bare checkout and installs only what is missing.
#   PYTHON=…  interpreter for .venv        PORT=…   port of the page
#   CHROMIUM=…  browser for the tests     TESTS=…  what `make test` and `make stress` run
#   MCP=1  serve an MCP server, too

.DEFAULT_GOAL := help
VENV ?= .venv
export VENV

BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PY := $(BIN)/python
TESTS ?= tests

.PHONY: help run test stress mutate lint types format docs doctor bench container-check lock clean venv dev

help:  ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: venv  ## Serve the page on http://127.0.0.1:7860 (or PORT; MCP=1: for language models, too)
	@exec $(PY) app.py

test: dev  ## Run all tests, in a browser too
	@chromium="$$(scripts/browser.sh)" && mkdir -p build && \
	CHROMIUM="$$chromium" $(PY) -X utf8 -m pytest -n 2 --dist loadfile --junit-xml=build/junit.xml $(TESTS)

mutate: dev  ## Change the sources in 100 places: which changes does no test notice? (FILES=…, COUNT=…, SEED=…)
	@chromium="$$(scripts/browser.sh)" && CHROMIUM="$$chromium" $(PY) -X utf8 -m scripts.mutation \
	$(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED)) $(FILES)

stress: dev  ## Fuzz and soak the app for an hour, 20,000 inputs and 500 visitors (STRESS_SEED=… repeats a run)
	@mkdir -p build && STRESS=1 $(PY) -X utf8 -m pytest -m stress -o timeout=7200 --junit-xml=build/stress.xml $(TESTS)

lint: dev  ## Style, common mistakes, and who may import whom
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(BIN)/lint-imports --no-logo --no-cache

types: dev  ## Static types
	@$(PY) -m mypy

format: dev  ## Rewrite the sources in the house style
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

docs: dev  ## Write what the docs repeat of the code: the table of settings, the presets
	@$(PY) -m scripts.write_docs

doctor: venv  ## Say whether the numba runtime is well, and what to do if not
	@$(PY) runtime_setup.py

bench: dev  ## Measure speed, memory and start-up (quality: see benchmarks/README.md)
	@$(PY) -m benchmarks

container-check:  ## Build the Dockerfile and use the app in it (Debian, root)
	@scripts/check_container.sh

lock:  ## Pin the requirements again, after a change of requirements*.in (UPGRADE=1: to newest versions)
	@scripts/lock.sh $(if $(UPGRADE),--upgrade)

clean:  ## Remove everything that can be made again
	@rm -rf $(VENV) build .numba_baked .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

venv:
	@scripts/setup_venv.sh $(if $(filter 1,$(MCP)),mcp)

dev:
	@scripts/setup_venv.sh dev
