# Bản Tin. `make` or `make help` lists what there is to do.
PYTHON ?= python3
BIN := .venv/bin
RUN_STAMP := .venv/.embedded-installed
DEV_STAMP := .venv/.dev-installed
# Tests run in so many processes, two to six; each starts the servers that its tests ask for.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# Tests wait for a quarter of their time, so one process more than there are processors.
WORKERS ?= $(shell echo $$(( $(CORES) > 5 ? 6 : $(CORES) + 1 )))
CODE := services shared deploy tests benchmarks samples
GROUPS := embedded dev ingest indexing search render visits

.DEFAULT_GOAL := help
.PHONY: help run token status deadletters up down logs ps smoke drill upgrade backup restore export import servers test test-unit test-contract test-crash chaos e2e lint gateway-check types imports fmt bench docs lock groups clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Bản Tin needs Python 3.11 or newer; name it: make PYTHON=/path/to/python3 ..."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "The module venv is missing (on Debian: apt-get install python3-venv)."; exit 1; }

$(RUN_STAMP): requirements/embedded.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(DEV_STAMP): requirements/dev.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@ $(RUN_STAMP)

run: $(RUN_STAMP) ## Start everything on http://127.0.0.1:8000; Ctrl-C stops it
	@exec $(BIN)/python -m deploy.embedded run

token: $(RUN_STAMP) ## Print a new token with all scopes, as the last line
	@$(BIN)/python -m services.ingest token create --name "make-token" --scope draft --scope publish --scope admin

status: $(RUN_STAMP) ## Show the pipeline at a glance; ARGS="--watch" or "--json"
	@$(BIN)/python -m deploy.embedded status $(ARGS)

deadletters: $(RUN_STAMP) ## List parked messages; ARGS="replay 3 4" or "drop 3" acts on them
	@$(BIN)/python -m shared.bus deadletters $(or $(ARGS),list)

up: ## Bring the compose deployment up and wait until all of it is healthy
	@sh deploy/compose/secrets.sh
	@$(PYTHON) -m deploy.compose.networks
	docker compose up --detach --build --wait --wait-timeout 300

down: ## Stop the compose deployment; its data stay
	docker compose down

logs: ## Follow the logs of the compose deployment; ARGS="render-writer" for one
	docker compose logs --follow --tail 100 $(ARGS)

ps: ## Show the containers of the compose deployment
	@docker compose ps --all

smoke: ## Publish, read, find and look at an article through the gateway, then tidy up
	@$(PYTHON) -m deploy.smoke $(ARGS)

drill: ## Kill every container in turn under a trickle of work; before there are readers
	@$(PYTHON) -m deploy.drill $(ARGS)

upgrade: ## Bring the compose deployment to this version, or back; ARGS="--no-build"
	@$(PYTHON) -m deploy.compose.upgrade $(ARGS)

backup: ## Back up databases, pictures and settings of the compose deployment; TO=folder
	@test -n "$(TO)" || { echo "Say where to: make backup TO=folder"; exit 2; }
	@$(PYTHON) -m deploy.compose.backup "$(TO)"

restore: ## Put a backup into an empty compose deployment; FROM=folder
	@test -n "$(FROM)" || { echo "Say which: make restore FROM=folder"; exit 2; }
	@$(PYTHON) -m deploy.compose.restore "$(FROM)"

export: $(RUN_STAMP) ## Write all articles and visits of `make run` into TO=folder (ARGS="--deployment compose")
	@test -n "$(TO)" || { echo "Say where to: make export TO=folder"; exit 2; }
	@$(BIN)/python -m deploy.move export "$(TO)" $(ARGS)

import: ## Put an export into an empty compose deployment; FROM=folder (ARGS="--deployment embedded")
	@test -n "$(FROM)" || { echo "Say which: make import FROM=folder"; exit 2; }
	@$(if $(findstring embedded,$(ARGS)),$(BIN)/python,$(PYTHON)) -m deploy.move import "$(FROM)" $(ARGS)

servers: $(DEV_STAMP) ## Say which servers the tests have here; build what has to be built
	@$(BIN)/python -m tests.servers

test: servers ## Run every test
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder

test-unit: $(DEV_STAMP) ## Run the unit and property tests
	$(BIN)/python -m pytest tests/unit

test-contract: $(DEV_STAMP) ## Run the contract suite of each port on each adapter
	$(BIN)/python -m pytest tests/contract

test-crash: $(DEV_STAMP) ## Run the tests that kill processes and hurt servers
	$(BIN)/python -m pytest tests/crash tests/faults

chaos: $(DEV_STAMP) ## Kill every process 200 times in all while people work; ARGS="--seed N"
	$(BIN)/python -m tests.chaos run $(ARGS)

e2e: $(DEV_STAMP) ## Run the whole deployment through real processes
	$(BIN)/python -m pytest tests/e2e

lint: $(DEV_STAMP) ## Check style, formatting, containers; monitoring and gateway where their tools are
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(BIN)/python -m deploy.compose.check
	@$(BIN)/python -m deploy.monitoring.check
	@$(MAKE) --no-print-directory gateway-check

gateway-check: ## Let nginx read the gateway's configuration in each of its forms
	@sh deploy/gateway/check.sh

types: $(DEV_STAMP) ## Check types (mypy strict)
	$(BIN)/mypy

imports: $(DEV_STAMP) ## Check that no service imports another
	$(BIN)/lint-imports

fmt: $(DEV_STAMP) ## Format the code
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

bench: $(DEV_STAMP) ## Measure; ARGS="--quick" for a short run
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(DEV_STAMP) ## Write the descriptions of the HTTP API and of the events anew from the code
	$(BIN)/python -m deploy.describe

groups: $(DEV_STAMP) ## Install each service's own group alone and import its composition root
	$(BIN)/python -m tests.groups

lock: ## Resolve the dependencies anew (needs uv)
	for group in $(GROUPS); do \
	  uv pip compile --quiet --group pyproject.toml:$$group --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements/$$group.lock || exit 1; \
	done

clean: ## Remove the environment and caches, never var/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
