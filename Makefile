# Callboard. `make` lists the targets. Each target installs what it needs into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 4# processes of `make test`
UV := $(shell command -v uv 2>/dev/null)
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

# Tests start many processes; without bytecode, each of them would compile all its imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo sandbox test test-heavy test-all soak check format bench docs words pictures constraints sbom clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(READY) ## run the bot in a local workspace in the browser, with two simulated clouds and Redis
	@$(BIN)/callboard demo $(ARGS)

sandbox: $(READY) ## run only the local workspace and the simulated clouds
	@$(BIN)/callboard sandbox $(ARGS)

test: $(READY_DEV) ## run all tests except the heavy ones, in parallel; ARGS="tests/providers -k ocr" selects some
	$(BIN)/python -m pytest -m "not heavy" --numprocesses $(WORKERS) --dist loadgroup --durations 20 $(ARGS)

test-heavy: $(READY_DEV) ## run the tests that measure, do harm, or need another Redis server, in one process
	$(BIN)/python -m pytest -m heavy --durations 20 $(ARGS)

test-all: test test-heavy ## run both

check: $(READY_DEV) ## check formatting, lints, types, the direction of imports, and words
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python docs/check_words.py

format: $(READY_DEV) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: $(READY_DEV) ## kill, restart and cut off real processes 200 times, and compare promises with posts
	@$(BIN)/python -m tests.faults $(ARGS)

bench: $(READY_DEV) ## run the benchmarks, side by side
	$(BIN)/python -m bench.ack
	$(BIN)/python -m bench.providers
	$(BIN)/python -m bench.tracking
	$(BIN)/python -m bench.watching
	$(BIN)/python -m bench.lists

docs: $(READY_DEV) ## generate the pages of docs/ that repeat the source
	@PYTHONPATH=. $(BIN)/python docs/generate.py

words: $(READY_DEV) ## print every text that people read, with an example
	@PYTHONPATH=. $(BIN)/python docs/print_words.py

pictures: $(READY_DEV) ## take the pictures of README and docs/ again (needs Chromium)
	@PYTHONPATH=. $(BIN)/python docs/pictures.py

constraints: ## pin the newest versions that fit (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate \
		--all-extras pyproject.toml --output-file constraints.txt

# The runtime packages and the tool that lists them are in separate environments.
SBOM := .sbom
sbom: ## list the image's packages with licenses: sbom.cdx.json, as CycloneDX
	@$(MAKE) --no-print-directory VENV=$(SBOM)/runtime $(SBOM)/runtime/.ready
	@$(MAKE) --no-print-directory VENV=$(SBOM)/tools $(SBOM)/tools/.ready-sbom
	$(SBOM)/tools/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file sbom.cdx.json $(SBOM)/runtime/bin/python

clean: ## remove all files that the targets made
	rm -rf $(VENV) $(SBOM) sbom.cdx.json .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml constraints.txt
	$(call install,.)
	@touch $@

$(READY_DEV): pyproject.toml constraints.txt
	$(call install,.[dev$(comma)vendors])
	@touch $(READY) $@

$(VENV)/.ready-sbom: pyproject.toml constraints.txt
	$(call install,.[sbom])
	@touch $@

comma := ,

ifdef UV
define install
	test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV)
	uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable "$(1)"
endef
else
define install
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable "$(1)"
endef
endif
