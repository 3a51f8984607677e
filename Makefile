# Everything installs itself into .venv, from lock files with hashes; a second run has nothing to install.
# Needs GNU make and Python 3.11 or newer:  make demo PYTHON=python3.12  names another Python.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/.done
SOURCES := $(shell find ix_tools -name '*.py')
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
LOCK := $(VENV)/lock/bin/uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes \
	--annotation-style line --custom-compile-command "make lock" -c requirements/constraints.in $(if $(UPGRADE),--upgrade)

# Start-up takes more than twice as long without bytecode.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check release-check faults bench conformance hosts n8n format schemas docs pictures looks lock clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

help:  ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The inbox is on the HTTP server, which is an extra.
demo: $(if $(findstring --inbox,$(ARGS)),$(DONE)/dev,$(DONE)/runtime)  ## issue a first invoice in the sandbox, nothing to sign up for; ARGS="..." is passed on
	@$(BIN)/ix-tools demo $(ARGS)

# The gate runs the examples.
EXAMPLES_RUN := tests/test_examples.py::test_an_example_runs_and_shows_what_it_promises

# Two for each of two cores: while one test waits for a process or a lease, another computes.
test: $(DONE)/dev  ## run the tests, four at a time; ARGS="-k exemption" is passed on to pytest
	$(BIN)/python -m pytest -n 4 --dist worksteal --deselect $(EXAMPLES_RUN) $(ARGS)

check: $(DONE)/dev  ## run the gate: format, lint, types, imports, generated files, examples, wheel; STEPS="lint types" for some
	@$(BIN)/python tools/check $(STEPS)

faults: $(DONE)/dev  ## break every write at every step, then let two writers race; ARGS="--seed 7 --runs 1000" or ARGS="race"
	@$(BIN)/python -m faults $(ARGS)

bench: $(DONE)/dev  ## measure start-up, calls and results; ARGS="..." is passed on
	@$(BIN)/python bench/run.py $(ARGS)

release-check: $(DONE)/dev $(VENV)/release/.done $(VENV)/lock/.done  ## build and start what a release consists of: sdist, bundle, image, SBOM, workflows, site; STEPS="bundle" for some
	@$(BIN)/python -m tools.release $(STEPS)

conformance: $(DONE)/dev  ## run the official MCP suite against the HTTP server, with Node from npm; ARGS="ping" for some
	@$(BIN)/python tools/conformance.py $(ARGS)

hosts: $(DONE)/dev  ## let real assistants and MCP clients call ix-tools, with a scripted model; ARGS="codex" for some
	@$(BIN)/python -m tools.hosts $(ARGS)

n8n: $(DONE)/dev  ## run the n8n node and the example flows in a real n8n against the sandbox; installs 3 GB
	@$(BIN)/python -m tools.nocode.real_n8n $(ARGS)

format: $(DONE)/dev  ## format the code and put imports in order
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

schemas: $(DONE)/dev  ## write tool_schemas/ and integrations/ again after a change to the catalogue
	$(BIN)/python -m tools.schemas write
	$(BIN)/python -m tools.nocode write

docs: $(DONE)/dev  ## write the generated parts of the documentation again
	$(BIN)/python -m tools.docs write

pictures: $(DONE)/dev  ## take the pictures of the documentation again, with chromium
	$(BIN)/python -m tools.pictures

looks: $(DONE)/dev  ## look at every page, and let axe-core read it, with chromium and npm; ARGS="-k sign_in" for some
	@$(BIN)/python -m tools.looks $(ARGS)

lock: $(VENV)/lock/.done  ## write requirements/ again after a change to the dependencies; UPGRADE=1 for newer versions
	$(LOCK) pyproject.toml -o requirements/runtime.txt
	$(LOCK) --group pyproject.toml:build -c requirements/runtime.txt -o requirements/build.txt
	$(LOCK) pyproject.toml --all-extras --group dev -c requirements/runtime.txt -c requirements/build.txt -o requirements/dev.txt
	$(LOCK) pyproject.toml --all-extras -c requirements/dev.txt -o requirements/image.txt
	$(LOCK) --group pyproject.toml:release -c requirements/build.txt -o requirements/release.txt

clean:  ## remove .venv and everything that was built or cached
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find ix_tools tests examples faults tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# --- What the targets above stand on. Each stamp in .venv/.done is newer than what it was made from. ---

$(DONE)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		found=$$($(PYTHON) --version 2>/dev/null) || found="not there"; \
		echo "ix-tools needs Python 3.11 or newer, and $(PYTHON) is $$found."; \
		echo "If another one is installed, name it: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "Python could not make a virtual environment. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@mkdir -p $(DONE) && touch $@

$(DONE)/runtime-lock: requirements/runtime.txt requirements/build.txt tools/install.py | $(DONE)/venv
	@echo "Installing what ix-tools needs into $(VENV) (once, about half a minute) ..."
	@$(BIN)/python tools/install.py requirements/runtime.txt requirements/build.txt
	@touch $@

$(DONE)/dev-lock: requirements/dev.txt tools/install.py | $(DONE)/venv
	@echo "Installing what the tests and the gate need into $(VENV) (once, about a minute) ..."
	@$(BIN)/python tools/install.py requirements/dev.txt
	@touch $@ $(DONE)/runtime-lock

# The checkout itself, editable: no index is asked, the build backend comes from the lock.
$(DONE)/package: pyproject.toml
	@$(PIP) install --no-index --no-build-isolation --no-deps -e .
	@touch $@

$(DONE)/bytecode: $(SOURCES) | $(DONE)/package
	@$(BIN)/python -m compileall -q ix_tools
	@touch $@

$(DONE)/runtime: $(DONE)/runtime-lock $(DONE)/package $(DONE)/bytecode
	@touch $@

$(DONE)/dev: $(DONE)/dev-lock $(DONE)/package $(DONE)/bytecode
	@touch $@

$(VENV)/release/.done: requirements/release.txt tools/install.py | $(DONE)/venv
	@$(PYTHON) -m venv $(VENV)/release
	@$(VENV)/release/bin/python tools/install.py requirements/release.txt
	@touch $@

$(VENV)/lock/.done: | $(DONE)/venv
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip --disable-pip-version-check --no-input -q install 'uv>=0.9,<1'
	@touch $@
