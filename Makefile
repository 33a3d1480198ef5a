# Two commands for a fresh machine: `make verify` (the main job) and `make test`. Each sets itself up.
PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin
VERIFY_FLAGS ?=
TEST_FLAGS ?=
CAMPAIGN_FLAGS ?=
EXACT_FLAGS ?=
FLOWS_FLAGS ?=
GENERATORS_FLAGS ?=
MUTATION_FLAGS ?=
FIGURES_FLAGS ?=

.PHONY: install verify test test-long test-browser test-browser-installed play-latency lint format campaign extremes \
  exact flows generators necessity mutation mutation-sample figures gallery notebooks readme-picture clean
.DEFAULT_GOAL := verify

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

verify: install
	$(RUN)/toylab verify $(VERIFY_FLAGS)

test: install
	$(RUN)/python -m pytest -m 'not long and not browser' $(TEST_FLAGS)

test-long: install
	$(RUN)/python -m pytest -m long $(TEST_FLAGS)
	$(RUN)/python -m pytest -m 'hypothesis and not long and not browser' --hypothesis-profile thorough $(TEST_FLAGS)

extremes: install
	$(RUN)/toylab bench extremes

# Times exact critics up to 10000 points a side, on a quiet machine: an hour or more; a run that was stopped goes on.
exact: install
	$(RUN)/toylab bench exact --plot docs/exact.png --markdown docs/exact.md $(EXACT_FLAGS)

# Trains generators by every method on the toys of the field: half an hour and more; a run that was stopped goes on.
generators: install
	$(RUN)/toylab bench generators --steps 600 --plot docs/generators.png --markdown docs/generators.md $(GENERATORS_FLAGS)

# Lets fakes follow every objective over twenty seeds: half an hour on one core; a run that was stopped goes on.
flows: install
	$(RUN)/toylab bench flows --plot docs/flows.png --markdown docs/flows.md $(FLOWS_FLAGS)

# Searches every claim without each of its hypotheses, and keeps what was found as data of the package.
necessity: install
	$(RUN)/toylab bench necessity --out toylab-necessity
	cp toylab-necessity/necessity.json toylab/falsification/necessity.json

campaign: install
	$(RUN)/toylab bench campaign --problems 100000 $(CAMPAIGN_FLAGS)

# Changes toylab/certificate.py and toylab/claims one place at a time and asks whether a test notices: hours; a run that
# was stopped goes on. The sample tries all of the certificate and 500 of the claims, and writes docs/mutation.md; the page
# that is there is of a run with MUTATION_FLAGS='--seed 1' that was stopped before, and says so.
$(VENV)/.mutation: $(VENV)/.installed
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[mutation]'
	touch $@

mutation: $(VENV)/.mutation
	$(RUN)/python tests/mutation/campaign.py $(MUTATION_FLAGS)

mutation-sample: $(VENV)/.mutation
	$(RUN)/python tests/mutation/campaign.py --sample 500 --report docs/mutation.md $(MUTATION_FLAGS)

# Chromium and its driver are Debian's; nothing is downloaded behind the package manager's back.
test-browser-installed: install
	command -v chromium >/dev/null && command -v chromedriver >/dev/null || { apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver fonts-dejavu-core; }

test-browser: test-browser-installed
	$(RUN)/python -m pytest -m browser $(TEST_FLAGS)

# From a mouse event to the painted answer of the playground, in headless Chromium, on a quiet machine.
play-latency: test-browser-installed
	$(RUN)/python -m tests.browser.latency --markdown docs/playground.md

lint: install
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/pyright --pythonpath $(RUN)/python

format: install
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

# Every toy figure of the papers into figures/output; what has not changed is kept. FIGURES_FLAGS=--quick for small ones.
figures: install
	$(RUN)/python figures/build.py $(FIGURES_FLAGS)

gallery: install
	$(RUN)/python figures/build.py --gallery $(FIGURES_FLAGS)

notebooks: install
	$(RUN)/python examples/build.py

readme-picture: install
	$(RUN)/toylab solve case3 --n 60 --seed 1 --plot docs/case3.png
	$(RUN)/toylab animate case3 --n 40 --seed 1 --loss wasserstein --out docs/dynamics.gif

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis toylab-[a-z]*
