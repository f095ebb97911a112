# Two commands for everybody: make run, make test.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
CONFIG ?= config.example.toml
ROUNDS ?= 200
CHROMIUM ?= /usr/bin/chromium

.PHONY: setup run test check chromium browser screenshots chaos bench pins clean

setup: .venv/ready

# The environment is made anew when the pins or the project file change.
.venv/ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/ready-dev: .venv/ready requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

run: setup
	$(BIN)/qixian --config $(CONFIG) migrate
	$(BIN)/qixian --config $(CONFIG) serve

check: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# As many processes as the machine has processors, each with its own PostgreSQL; at most four.
test: check chromium
	CHROMIUM=$(CHROMIUM) $(BIN)/pytest -n logical --maxprocesses 4 --dist worksteal

# The tests drive Debian's browser, and look at Chinese in it.
chromium:
	@test -x $(CHROMIUM) && fc-list :lang=zh-cn | grep -q . || \
	  { apt-get update -qq && apt-get install -qq -y chromium fonts-noto-cjk; }

browser: .venv/ready-dev chromium
	CHROMIUM=$(CHROMIUM) $(BIN)/pytest tests/browser

# The pictures of the README, made by the tests.
screenshots: browser
	for name in overview obligation document; do cp test-output/browser/$$name.png docs/$$name.png; done

chaos: .venv/ready-dev
	$(BIN)/python -m tests.chaos --rounds $(ROUNDS)

bench: .venv/ready-dev
	for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

pins: .venv/ready-dev
	cd $(CURDIR) && for name in requirements requirements-dev; do \
	  $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	    --output-file $$name.txt $$name.in; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache dist test-output
