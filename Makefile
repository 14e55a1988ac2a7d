# Every target sets up .venv by itself. PYTHON chooses the interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= out
# tests/support/s3/server.py starts this one, and tests/prism/test_stream_on_prism.py the other.
VERSITYGW := v1.8.0
PRISM := v2.77.0
NEED_GO = @command -v go >/dev/null || { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -qy --no-install-recommends golang; } || { echo "these tests need Go: apt-get install golang (as root)"; exit 1; }
# Every process would compile all modules anew where the environment forbids to keep them.
export PYTHONDONTWRITEBYTECODE =

.PHONY: run test quick check lint types ruff-check ruff-format test-quick reference test-slow \
	test-damage test-side-by-side test-browser get-browser test-flink get-flink test-spark \
	test-prism get-prism test-s3 get-s3 \
	test-readers bench bench-lake bench-flink bench-extract eval constraints clean

run: $(READY)
	$(BIN)/newsbeam run configs/seeds.yaml --output $(OUT)

# On all cores, but not in more processes than there is work for. `pytest` alone uses one.
test: $(READY)
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 8 --dist worksteal

# While you work: 80 seconds on two cores.
quick: $(READY)
	@$(MAKE) --no-print-directory --jobs 2 lint types test-quick

check: lint types test

lint: ruff-check ruff-format

ruff-check: $(READY)
	$(BIN)/ruff check .

ruff-format: $(READY)
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

# What needs neither Beam, models, lakes, servers nor processes, found by what it imports:
# tests/support/quick.py.
test-quick: $(READY)
	$(BIN)/python -m pytest -m quick --numprocesses logical --maxprocesses 2 --dist worksteal

# Files that are generated from the code: the config's JSON Schema, docs/schema.md.
reference: $(READY)
	$(BIN)/python -m newsbeam.pipelines.cli.reference

# Suites too slow for every day: runs killed again and again (NEWSBEAM_KILLS says how often), 30
# days of a newspaper. SLOW chooses among them.
test-slow: $(READY)
	$(BIN)/python -m pytest -m slow --durations 30 --numprocesses 2 --dist worksteal $(SLOW)

# Each kind of file in a lake damaged in each way, 200 cases in some 25 minutes.
test-damage: $(READY)
	NEWSBEAM_DAMAGE=all $(BIN)/python -m pytest -m slow --numprocesses 2 --dist worksteal tests/pipelines/test_damage.py

# Commands on one lake, killed at random for five minutes at each of five seeds.
test-side-by-side: $(READY)
	NEWSBEAM_SIDE_BY_SIDE=300 NEWSBEAM_SEED="1 2 3 4 5" $(BIN)/python -m pytest -m slow -rP --numprocesses 2 --dist worksteal tests/pipelines/test_side_by_side.py

# The report and the preview in Debian's Chromium. CHROMIUM names another one.
test-browser: get-browser
	$(BIN)/python -m pytest tests/browser

get-browser: $(READY)
	@test -n "$$CHROMIUM" || command -v chromium >/dev/null || { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -qy chromium; } || { echo "the browser tests need Chromium: apt-get install chromium (as root), or CHROMIUM=/path/to/it"; exit 1; }
	@$(BIN)/python -c 'import playwright, axe_playwright_python' 2>/dev/null || $(BIN)/pip install -qq --disable-pip-version-check --constraint constraints.txt --editable '.[dev,browser]'

# newsbeam on a Flink cluster of its own; the first time it downloads 350 MB into build/flink.
# Needs Java 11 or newer and Maven, which root gets from Debian. FLINK_MINUTES: see the tests.
# One test has its lake on S3, for which see test-s3.
test-flink: get-flink get-s3
	$(BIN)/python -m pytest tests/flink -rP

# Batches on a Spark cluster of its own (310 MB into build/spark), their lakes on S3. Needs what
# test-flink does.
test-spark: get-flink get-s3
	$(BIN)/python -m pytest tests/spark -rP

get-flink: $(READY)
	@{ command -v java && command -v mvn; } >/dev/null || { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -qy --no-install-recommends default-jre-headless maven; } || { echo "these tests need Java and Maven: apt-get install default-jre-headless maven (as root)"; exit 1; }

# Streams of one machine on Prism, which is built the first time (3 minutes, 66 MB). Needs Go.
test-prism: get-prism
	$(BIN)/python -m pytest tests/prism -rP

get-prism: $(READY) build/prism/$(PRISM)/prism

build/prism/$(PRISM)/prism:
	$(NEED_GO)
	GOBIN=$(CURDIR)/$(dir $@) go install github.com/apache/beam/sdks/v2/go/cmd/prism@$(PRISM)

# Lakes on an S3 server of its own, versitygw, which is built the first time (3 minutes, 84 MB).
# Needs Go, which root gets from Debian.
test-s3: get-s3
	$(BIN)/python -m pytest --durations 15 tests/s3

get-s3: $(READY) build/s3/$(VERSITYGW)/versitygw

build/s3/$(VERSITYGW)/versitygw:
	$(NEED_GO)
	GOBIN=$(CURDIR)/$(dir $@) go install github.com/versity/versitygw/cmd/versitygw@$(VERSITYGW)

# What the README shows of Polars and Spark, in an environment of its own. Needs Java.
test-readers: build/readers-venv/.ready
	$(BIN)/python -m pytest -m slow tests/pipelines/test_readers.py

build/readers-venv/.ready: $(READY) tests/constraints-readers.txt
	@command -v java >/dev/null || { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -qy --no-install-recommends default-jre-headless; } || { echo "Spark needs Java: apt-get install default-jre-headless (as root)"; exit 1; }
	$(PYTHON) -m venv build/readers-venv
	build/readers-venv/bin/pip install --quiet --disable-pip-version-check --constraint tests/constraints-readers.txt pandas polars pyspark
	@touch $@

bench: $(READY)
	$(BIN)/python benchmarks/bench_enrich.py
	$(BIN)/python benchmarks/bench_ingest.py
	$(BIN)/python benchmarks/bench_feeds.py

# What a lake of years costs; an hour, 10 GB.
bench-lake: $(READY)
	$(BIN)/python benchmarks/bench_lake.py

# Articles a second on Flink; see test-flink for what it needs.
bench-flink: $(READY)
	$(BIN)/python benchmarks/bench_flink.py

# Against other extractors, in an environment of their own.
bench-extract: $(READY) build/bench-venv/.ready
	$(BIN)/python benchmarks/bench_extract.py

build/bench-venv/.ready: benchmarks/constraints-extract.txt
	$(PYTHON) -m venv build/bench-venv
	build/bench-venv/bin/python -m pip install --quiet --upgrade pip
	build/bench-venv/bin/pip install --quiet --constraint benchmarks/constraints-extract.txt newspaper4k news-please
	@touch $@

# Quality figures on ../shared; says so where it is not there.
eval: $(READY)
	$(BIN)/python benchmarks/eval_quality.py

constraints:
	rm -rf build/constraints && $(PYTHON) -m venv build/constraints
	build/constraints/bin/pip install --quiet '.[dev,browser]'
	(head -1 constraints.txt; build/constraints/bin/pip freeze --exclude newsbeam | sort -f) > build/constraints.txt
	mv build/constraints.txt constraints.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis $(OUT)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "newsbeam needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -qq --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)
