# Everything a person does with a checkout. Needs make and Python 3.11 or newer; nothing else.
# The first suitable one of these makes .venv; name another with `make run PYTHON=/path/to/python`.
PYTHONS = python3 python3.12 python3.13 python3.11 python3.14 python
PYTHON = $(shell for p in $(PYTHONS); do "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
INSTALL = $(if $(PYTHON),,$(error Farthing needs Python 3.11 or newer and found none: install one, or name it with PYTHON=))$(PYTHON) -P backend/stack/install.py
BIN = .venv/bin
ARGS ?=
# What was compiled is kept, also where the shell forbids it: the tests start some hundred processes.
unexport PYTHONDONTWRITEBYTECODE
# Files of tests that run side by side: they wait a third of their time. Each job starts a stack of its own.
JOBS ?= 4

.DEFAULT_GOAL = help
.PHONY: help run install test test-quick unit check format verify backup bench faults faults-quick parity schema languages cards scripts wheel lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

run: ## Start everything on this machine, with a demo account; Ctrl-C stops it
	@$(INSTALL) run
	@exec $(BIN)/python -m farthing run

install: ## Make .venv with everything that development and the tests need
	@$(INSTALL) dev

test: ## Run every test, JOBS files at a time; ARGS="-k refund" chooses some
	@$(INSTALL) test
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-quick: ## Run the tests that are nearest to what was changed, in less than two minutes
	@$(INSTALL) test
	@$(BIN)/python -m tests.quick $(ARGS)

unit: ## Run the tests that need no process and no browser
	@$(INSTALL) dev
	@$(BIN)/python -m pytest tests/unit tests/property tests/tidy $(ARGS)

check: ## Lint, types, import contracts, catalogues of translations
	@$(INSTALL) dev
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tests.languages

format: ## Mend what the linter can mend by itself
	@$(INSTALL) dev
	@$(BIN)/ruff check --fix .

verify: ## Check the books: every invariant, our records against the acquirers'
	@$(INSTALL) run
	@$(BIN)/python -m farthing verify

backup: ## Take a base backup; ARGS="--to DIR" puts it elsewhere
	@$(INSTALL) run
	@$(BIN)/python -m farthing backup $(ARGS)

bench: ## Run the benchmarks and print their figures
	@$(INSTALL) dev
	@$(BIN)/python -m bench $(ARGS)

parity: ## Compute docs/parity.md: what of the official library's API is here
	@$(INSTALL) dev
	@$(BIN)/python -m tests.parity

schema: ## Write backend/migrations/schema.sql anew: what all revisions together make
	@$(INSTALL) dev
	@$(BIN)/python -m tests.schema

languages: ## Bring the catalogues of translations up to date; ARGS="fi da" begins others
	@$(INSTALL) dev
	@$(BIN)/python -m tests.languages --write $(ARGS)

cards: ## Write the tables of docs/guides/test-cards.md anew from the code's own tables
	@$(INSTALL) dev
	@$(BIN)/python -m tests.card_tables

scripts: ## Build the browser script and the card frames into static/browser, with the esbuild that is pinned
	@$(INSTALL) dev
	@$(BIN)/python -m tests.scripts

faults: ## Kill, cut and starve everything, judge the books, write docs/reliability.md; ARGS="--seed N" replays
	@$(INSTALL) test
	@$(BIN)/python -m tests.fault $(ARGS)

faults-quick: ## The short form of the same, about two minutes; writes nothing
	@$(INSTALL) test
	@$(BIN)/python -m tests.fault --quick $(ARGS)

wheel: ## Build the wheel and the source archive into dist/
	@$(INSTALL) dev
	@$(BIN)/python -m build

lock: ## Resolve pyproject.toml anew into the lock files (needs the tool uv)
	@sh backend/stack/lock.sh

clean: ## Remove .venv and caches; the data folder stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
