# Two commands do all the set-up: `make solve` and `make check`. Python 3.11 or later, pip and make are all they need.
PYTHON ?= python3
VENV ?= .venv
CASE ?= inputs/base
BIN := $(VENV)/bin
COVERAGE := build/coverage
SITE := build/docs
SUITE := --numprocesses auto --dist worksteal --durations 10
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.PHONY: solve check thorough faults docs docs-all browser office bench bench-linopy bench-scale bench-sweep bench-session bench-draws bench-netlib bench-smooth generated tutorial reports bands answers pages lock clean

solve: $(VENV)/core  ## solve the shipped case and print the answer
	$(BIN)/supplychain solve $(CASE)

check: $(VENV)/dev  ## run every test and check
	$(BIN)/ruff format --check --quiet supplychain tests docs
	$(BIN)/ruff check --quiet supplychain tests docs
	$(BIN)/mypy
	$(BIN)/lint-imports
	rm -rf $(COVERAGE) && mkdir -p $(COVERAGE)
	$(BIN)/coverage run -m pytest $(SUITE)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage json --quiet -o $(COVERAGE)/totals.json
	$(BIN)/python tests/covered.py $(COVERAGE)/totals.json

thorough: $(VENV)/dev  ## run every test with all of its random cases, of which `make check` tries a part; takes long
	THOROUGH=1 $(BIN)/python -m pytest $(SUITE)

faults: $(VENV)/dev  ## stop commands at every call that changes a file, and count what is then there; takes most of an hour
	THOROUGH=1 $(BIN)/python -m pytest tests/test_files.py --capture no

office: $(VENV)/dev  ## open the workbooks in LibreOffice, which apt-get installs where it is not there
	tests/need soffice libreoffice-calc
	PYTHONPATH=tests/support $(BIN)/python tests/office/check_libreoffice.py

docs: $(VENV)/dev  ## build the site of README and docs, and fail at each link, heading or formula that is not there
	rm -rf $(SITE)
	$(BIN)/python -m sphinx -b html -c docs --fail-on-warning --keep-going --nitpicky --quiet -d $(SITE)/trees . $(SITE)/site
	$(BIN)/python tests/docs/check_site.py $(SITE)/site

docs-all: $(VENV)/dev  ## run every command and program that README and docs show, also those that `make check` leaves out
	DOCS_ALL=1 $(BIN)/python -m pytest tests/docs $(SUITE)

browser: $(VENV)/dev docs  ## open the report and the site in headless Chromium without a network, and check their accessibility; needs Node.js
	VENV_BIN=$(abspath $(BIN)) tests/browser/run

bench: $(VENV)/dev  ## measure, side by side, on this machine
	$(BIN)/python tests/bench/bench_solve.py $(CASE)
	$(BIN)/python tests/bench/bench_windows.py inputs/backcast
	$(BIN)/python tests/bench/bench_whatif.py $(CASE)
	$(BIN)/python tests/bench/bench_report.py $(CASE)

bench-scale: $(VENV)/dev  ## measure four sizes, up to 40 regions x 20 years; takes minutes
	PYTHONPATH=tests/support $(BIN)/python tests/bench/bench_scale.py

bench-linopy: $(VENV)/bench  ## build and hand over the largest size of bench-scale, beside the same LP in linopy
	PYTHONPATH=tests/support $(BIN)/python tests/bench/bench_linopy.py

bench-sweep: $(VENV)/dev  ## sweep on one process and two, and the memory of 10,000 points
	$(BIN)/python tests/bench/bench_sweep.py $(CASE)

bench-ceiling: $(VENV)/dev  ## how many comparisons of the back-cast any plan can meet at once, also without some kinds of limits
	PYTHONPATH=tests/support $(BIN)/python tests/bench/bench_ceiling.py

bench-session: $(VENV)/dev  ## the memory of a session over 10,000 what-ifs; takes minutes
	$(BIN)/python tests/bench/bench_session.py $(CASE)

bench-draws: $(VENV)/dev  ## joint draws beside bare cold solves, two processes beside one, and their memory; takes minutes
	$(BIN)/python tests/bench/bench_draws.py $(CASE)

NETLIB ?=
bench-netlib: $(VENV)/dev  ## solve and certify 91 Netlib LPs, or those of a folder (NETLIB=), and check their prices; takes minutes
	$(BIN)/python tests/bench/bench_netlib.py $(NETLIB)

SMOOTH ?= $(CASE)
bench-smooth: $(VENV)/dev  ## move every limit of cases (SMOOTH=) a little, and show how far plans move; takes minutes
	PYTHONPATH=tests/support $(BIN)/python tests/bench/bench_smooth.py $(SMOOTH)

generated: $(VENV)/dev  ## write the references that stand in inputs and docs, and every datapackage.json of inputs
	$(BIN)/python tests/generated.py --write

tutorial: $(VENV)/dev  ## run docs/tutorial.ipynb and write its outputs into it
	$(BIN)/python tests/support/tutorial.py

SCENARIOS := grid_late behind_the_meter demand_late hbm_shortfall efficiency_stalls cowos_surge

reports:  ## write what stands in reports/; takes minutes
	$(MAKE) bands
	$(MAKE) answers
	$(MAKE) pages

ENERGISED := grid_delivery,datacentre,facility_power,generation
bands: $(VENV)/dev  ## draw base 1,000 times and the back-cast 400 times, keep what is found beside them, and write the tables of their READMEs; takes minutes
	$(BIN)/supplychain uncertainty inputs/base --draws 1000 --any $(ENERGISED) --attach --quiet
	$(BIN)/supplychain backcast inputs/backcast --draws 400 --attach --quiet
	$(BIN)/python tests/generated.py --write

answers: $(VENV)/core  ## of reports/ what takes many solves
	$(BIN)/supplychain backcast inputs/backcast --report reports/backcast.md --out reports/answers/backcast --quiet
	$(BIN)/supplychain scenarios inputs/base --solve --year 2028 --year 2030 --report reports/scenarios.md --out reports/answers/scenarios --quiet
	$(BIN)/supplychain sensitivity inputs/base --out reports/answers/sensitivity --quiet
	$(BIN)/supplychain foresight inputs/base --out reports/answers/foresight --quiet

pages: $(VENV)/core  ## of reports/ the capacity report, from the answers that stand there
	$(BIN)/supplychain report inputs/base $(SCENARIOS:%=--scenario %) --sensitivity reports/answers/sensitivity --foresights reports/answers/foresight --backcast reports/answers/backcast --out reports/base --xlsx --quiet

lock:  ## pin the newest versions that pyproject.toml allows, with hashes and without addresses; needs uv
	$(COMPILE) --extra report --group build -o requirements.lock
	$(COMPILE) --extra report --group build --group dev --group docs -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --group bench -c requirements-dev.lock -o requirements-bench.lock
	sed -i '/^--/d' requirements.lock requirements-dev.lock requirements-bench.lock

COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --upgrade

clean:
	rm -rf $(VENV)

$(VENV)/core: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev: $(VENV)/core requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	touch $@

$(VENV)/bench: $(VENV)/dev requirements-bench.lock
	$(PIP) --require-hashes -r requirements-bench.lock
	touch $@
