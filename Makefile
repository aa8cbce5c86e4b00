# Waymark from a fresh checkout.  Needs make and Python 3.11 or newer; nothing else to begin with.
#
#   make run     a clinic with people in it at http://127.0.0.1:8000; with DEMO_PATIENTS=500 a
#                second one beside it, of so many patients with three years of history
#   make phone   the reference phone (examples/phone) at http://127.0.0.1:8100, over what make run
#                runs; PHONE_PORT and WAYMARK say otherwise
#   make test    everything that has to hold, on SQLite and PostgreSQL
#   make contract   what lints the API's contract and makes clients of it; make clients: what
#                syncs as an app does (make test does both)
#   make bench   how many reports a second; make bench-push: a hundred of them in one push;
#                make bench-dispatch: how many reminders; make
#                bench-panel: the panel and the queue of clinics of any size; make bench-rules:
#                the rules for one patient, beside the same rules written by hand; make
#                bench-replay: a draft of a rule over a clinic's history; make bench-studies:
#                5,000 studies read in, and how each stands to a patient; make bench-audit:
#                what the access log costs a report, and how fast its chain is verified
#   make fuzz    the contract asked thousands of times as everybody, over both databases: an hour
#   make sbom    sbom.cdx.json, what all this is made of, as CycloneDX; make licences: the page
#                docs/licences.md; make audit-dependencies: which of it is known to be vulnerable
#   make clean   remove what these have made

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: setup run phone test node contract clients chromium bench bench-push bench-dispatch bench-panel bench-rules bench-replay bench-studies bench-audit fuzz sbom licences audit-dependencies clean

# Every process of a test would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

PORT ?= 8000
PHONE_PORT ?= 8100
WAYMARK ?= http://127.0.0.1:$(PORT)
# Patients of a second clinic of the demo, made up when the demo is filled.
DEMO_PATIENTS ?= 0
# For example: make test PYTEST_ARGS=tests/accounts
PYTEST_ARGS ?=

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON := $(shell for python in python3.11 python3 python3.12 python3.13 python3.14; do \
    "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null && { echo "$$python"; break; }; done)
# In the environment itself: whoever removes that removes the stamp with it.
STAMP := .venv/setup-done
BIN := .venv/bin

setup: $(STAMP)

$(STAMP): requirements.txt pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
	    echo "Python 3.11 or newer is needed; none was found as python3.11 or python3." >&2; \
	    exit 1; \
	fi; \
	if command -v uv >/dev/null; then \
	    uv venv --quiet --allow-existing --python "$(PYTHON)" .venv; \
	    install=(uv pip install --quiet --python $(BIN)/python); \
	else \
	    $(call make_venv); \
	    install=($(BIN)/python -m pip install --quiet --disable-pip-version-check); \
	fi; \
	echo "Installing what requirements.txt names …"; \
	"$${install[@]}" --require-hashes -r requirements.txt; \
	"$${install[@]}" --no-build-isolation --no-deps -e .; \
	touch $(STAMP)

# Debian and Ubuntu keep a part of Python's venv in a package of its own.
define make_venv
if ! "$(PYTHON)" -m venv .venv >/dev/null 2>&1; then \
    rm -rf .venv; \
    $(call apt_install,python3-venv); \
    if ! "$(PYTHON)" -m venv .venv; then \
        rm -rf .venv; \
        echo "Python cannot make virtual environments here: install python3-venv, or uv." >&2; \
        exit 1; \
    fi; \
fi
endef

# Installs a package where we may, and lets the caller find out whether it is there now.
define apt_install
if ! command -v apt-get >/dev/null; then :; \
elif [ "$$(id -u)" = 0 ]; then \
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $(1) >/dev/null || :; \
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then \
    sudo apt-get update -qq && sudo apt-get install -y -qq --no-install-recommends $(1) >/dev/null || :; \
fi
endef

run: setup
	@$(BIN)/waymark demo --port $(PORT) --neighbors $(DEMO_PATIENTS)

phone: setup
	@$(BIN)/python -m examples.phone --waymark $(WAYMARK) --port $(PHONE_PORT)

# The last line is pytest's own.  SQLite and PostgreSQL go side by side (tests/conftest.py).
test: setup chromium contract clients
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/waymark knowledge check
	@$(BIN)/python -m pytest -n 3 --dist loadgroup $(PYTEST_ARGS)

# The tests of the dashboard drive this one.
CHROMIUM := /usr/bin/chromium

chromium:
	@if [ ! -x $(CHROMIUM) ]; then \
	    echo "Installing Chromium, in which the dashboard is tested …"; \
	    $(call apt_install,chromium); \
	    if [ ! -x $(CHROMIUM) ]; then \
	        echo "$(CHROMIUM) is missing, in which the dashboard is tested: install chromium." >&2; \
	        exit 1; \
	    fi; \
	fi

node:
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
	    echo "Installing Node, in which clients are tested …"; \
	    $(call apt_install,nodejs npm); \
	    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
	        echo "node and npm are missing, in which clients are tested: install nodejs and npm." >&2; \
	        exit 1; \
	    fi; \
	fi

# What lints the contract and makes clients of it: nothing of this is in the product.
CONTRACT := tests/contract
contract: node $(CONTRACT)/node_modules/setup-done .venv-contract/setup-done

$(CONTRACT)/node_modules/setup-done: $(CONTRACT)/package-lock.json | node
	@cd $(CONTRACT) && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

.venv-contract/setup-done: $(CONTRACT)/requirements.txt | $(STAMP)
	@$(BIN)/python -m venv .venv-contract
	@.venv-contract/bin/python -m pip install --quiet --disable-pip-version-check \
	    --require-hashes -r $(CONTRACT)/requirements.txt
	@touch $@

# WatermelonDB's own client, which the tests of sync drive.
clients: node tests/clients/node_modules/setup-done

tests/clients/node_modules/setup-done: tests/clients/package-lock.json | node
	@npm ci --prefix tests/clients --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bench: setup
	@$(BIN)/python -m benchmarks.report

bench-push: setup
	@$(BIN)/python -m benchmarks.push

bench-dispatch: setup
	@$(BIN)/python -m benchmarks.dispatch

bench-panel: setup
	@$(BIN)/python -m benchmarks.panel

bench-rules: setup
	@$(BIN)/python -m benchmarks.rules

bench-replay: setup
	@$(BIN)/python -m benchmarks.replay

bench-studies: setup
	@$(BIN)/python -m benchmarks.studies

bench-audit: setup
	@$(BIN)/python -m benchmarks.audit

# How many requests of each kind an operation of the contract gets.
FUZZ_EXAMPLES ?= 200

fuzz: setup
	@FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest -n 2 --dist loadgroup tests/abuse/test_fuzzing.py

sbom: setup
	@$(BIN)/python -m supply.sbom > sbom.cdx.json; echo "Written: sbom.cdx.json"

licences: setup
	@$(BIN)/python -m supply.licence_page > docs/licences.md; echo "Written: docs/licences.md"

# In an environment of its own: what looks at the packages is none of them.  Asks a database of
# vulnerabilities on the internet; fails if it knows one, or cannot be asked.
audit-dependencies:
	@if [ ! -x .venv-audit/bin/pip-audit ]; then \
	    "$(PYTHON)" -m venv .venv-audit; \
	    .venv-audit/bin/python -m pip install --quiet --disable-pip-version-check \
	        --require-hashes -r supply/audit-requirements.txt; \
	fi; \
	.venv-audit/bin/pip-audit --vulnerability-service osv --require-hashes --disable-pip \
	    -r requirements.txt

clean:
	rm -rf .venv .venv-audit .venv-contract tests/contract/node_modules tests/contract/build tests/clients/node_modules sbom.cdx.json demo-data .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
