# The targets of the project; `make` lists them. CI runs only `make test` (.ci/run).

SHELL         := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run build install uninstall test lint format bench docs clean test-swift test-live test-latest test-agents test-scale test-newcomer chaos

# Flags of every Swift build, so that the product and the tests share their objects.
SWIFT_FLAGS   ?= -c release
BINARY        ?= .build/release/gatehouse
PYTHON        := Python/.venv/bin/python
SWIFT_SOURCES := Package.swift Sources Tests Benchmarks
# Where `make install` puts things.
PREFIX        ?= /usr/local
DESTDIR       ?=
# More arguments for `gatehouse serve`, pytest or the benchmark: make run ARGS="--port 9000".
ARGS          ?=

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and start the gateway with its defaults; ARGS are passed to `gatehouse serve`
	@exec $(BINARY) serve $(ARGS)

build: ## build the release binary, .build/release/gatehouse
	@Scripts/setup-build.sh
	swift build $(SWIFT_FLAGS) --product gatehouse

install: ## after `make build`: install below PREFIX (/usr/local) the binary, its manual page, completions and a systemd unit
	@test -x $(BINARY) || { echo "There is no binary at $(BINARY): run 'make build' first." >&2; exit 1; }
	install -D -s -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/gatehouse
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,share/man/man1 share/bash-completion/completions share/zsh/site-functions share/fish/vendor_completions.d lib/systemd/system)
	python3 Scripts/make-man.py $(abspath $(BINARY)) > $(DESTDIR)$(PREFIX)/share/man/man1/gatehouse.1
	$(BINARY) --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/gatehouse
	$(BINARY) --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_gatehouse
	$(BINARY) --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/gatehouse.fish
	sed 's#@PREFIX@#$(PREFIX)#' Packaging/gatehouse.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/gatehouse.service

uninstall: ## remove what `make install` put below PREFIX
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/gatehouse share/man/man1/gatehouse.1 share/bash-completion/completions/gatehouse share/zsh/site-functions/_gatehouse share/fish/vendor_completions.d/gatehouse.fish lib/systemd/system/gatehouse.service)

test: lint test-swift test-live ## everything that CI runs: lint, Swift tests, live tests with the official SDKs

test-swift: ## build everything once, in release, and run the Swift tests
	@Scripts/setup-build.sh
	swift build $(SWIFT_FLAGS) --build-tests
	swift test $(SWIFT_FLAGS) --skip-build

test-live: build ## run the live tests against the release binary; ARGS are passed to pytest
	@Scripts/setup-python.sh
	@Scripts/setup-python.sh databricks
	@Scripts/setup-test.sh
	cd Python && GATEHOUSE_BINARY=$(abspath $(BINARY)) .venv/bin/python -m pytest $(ARGS)
	$(if $(ARGS),,cd Python && GATEHOUSE_BINARY=$(abspath $(BINARY)) .venv-databricks/bin/python -m pytest tests/test_governed_team.py)

test-latest: build ## run the live tests with the newest release of every Python dependency, not the locked ones
	@Scripts/setup-python.sh latest
	@Scripts/setup-test.sh
	cd Python && GATEHOUSE_BINARY=$(abspath $(BINARY)) .venv-latest/bin/python -m pytest $(ARGS)

test-agents: build ## run Claude Code and Codex CLI through a task, with models of every family
	@Scripts/setup-python.sh agents
	cd Python && GATEHOUSE_BINARY=$(abspath $(BINARY)) .venv/bin/python -m pytest agents $(ARGS)

chaos: build ## inject failures beside healthy requests, and report their effect; ARGS="-k disk" chooses some
	@Scripts/setup-python.sh
	@Scripts/setup-test.sh
	cd Python && GATEHOUSE_BINARY=$(abspath $(BINARY)) .venv/bin/python chaos/run.py $(ARGS)

test-scale: ## check that no repeated element costs more than its share, for every upstream; ARGS: part of the rows, a count
	@Scripts/setup-build.sh
	swift build $(SWIFT_FLAGS) --product growth-check
	"$$(swift build $(SWIFT_FLAGS) --show-bin-path)/growth-check" $(ARGS)

test-newcomer: ## clone, build and start as the README says, compare what it shows, and print how long each step takes
	Scripts/newcomer.sh

lint: ## check formatting, licence headers, shell scripts, Python, links and failure modes of the documents
	@Scripts/setup-python.sh
	swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)
	Scripts/check-headers.sh
	@if command -v shellcheck >/dev/null; then set -x; shellcheck .ci/run Scripts/*.sh Benchmarks/gateways/*.sh; fi
	$(PYTHON) -m ruff check --quiet --config Python/pyproject.toml Python Scripts Benchmarks
	$(PYTHON) -m ruff format --quiet --check --config Python/pyproject.toml Python Scripts Benchmarks
	cd Python && .venv/bin/python -m mypy tests agents chaos ../Scripts ../Benchmarks/gateways ../Benchmarks/governance
	$(PYTHON) Scripts/check-docs.py

format: ## format Swift and Python
	@Scripts/setup-python.sh
	swift format --in-place --recursive --parallel $(SWIFT_SOURCES)
	$(PYTHON) -m ruff check --quiet --fix --config Python/pyproject.toml Python Scripts Benchmarks
	$(PYTHON) -m ruff format --quiet --config Python/pyproject.toml Python Scripts Benchmarks

docs: build ## check the documents: links, and every runnable example
	@Scripts/setup-python.sh
	$(PYTHON) Scripts/check-docs.py
	cd Python && GATEHOUSE_BINARY=$(abspath $(BINARY)) .venv/bin/python -m pytest tests/test_docs.py $(ARGS)

bench: build ## compare with other gateways; ARGS are passed to Benchmarks/gateways/bench.py
	@Benchmarks/gateways/setup.sh
	Benchmarks/gateways/bench.py $(ARGS)

setup: ## install what building and testing need; the other targets do this themselves
	@Scripts/setup-build.sh
	@Scripts/setup-python.sh
	@Scripts/setup-python.sh databricks
	@Scripts/setup-test.sh

clean: ## remove build products and the Python environments
	rm -rf .build Python/.venv Python/.venv-databricks Python/.venv-latest
