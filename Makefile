# Everything a newcomer needs: `make demo`, `make test`. Set-up happens once, then works offline.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# Models lie beside the checkout's environment, so that nothing outside this folder is needed.
export SEALQ_MODELS_DIR ?= $(CURDIR)/.cache/models

# PaddleX and PaddleOCR as their users have them, for `make bench-speed`.
PEERS := .cache/peers

SAMPLES := samples/invoice.jpg samples/contract.pdf samples/receipts.tiff samples/no_seal.png samples/seal_crop.png

.PHONY: help setup demo test test-fast lint format lock samples audit bench-data bench-quality bench-reading bench-speed bench-orchestration clean

help:  ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready  ## Environment and models; again only when their files change

$(VENV)/.ready: requirements/dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/sealq models pull
	PYTHONPATH=benchmarks $(BIN)/python -m sealbench.fonts
	touch $@

demo: setup  ## Read the seals in samples/
	$(BIN)/sealq run $(SAMPLES)

# The pages are tested in the system's chromium; where there is none those tests are skipped and say so.
test: setup lint  ## All checks and all tests
	$(BIN)/pytest

test-fast: setup  ## The tests that start no worker
	$(BIN)/pytest tests/unit tests/contract -x -q

lint: setup  ## Style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## Put the code into the project's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

samples: setup  ## Draw the sample documents again
	$(BIN)/python samples/make_samples.py

bench-data: setup  ## Draw the bench: pages with known seals
	PYTHONPATH=benchmarks $(BIN)/python -m sealbench.write --out .cache/bench --count 1000 --seed 1 --split held_out

bench-quality: setup  ## Say how well seals are found and read
	test -f .cache/bench/truth.jsonl || $(MAKE) bench-data
	PYTHONPATH=benchmarks $(BIN)/python -m sealbench.evaluate --bench .cache/bench --preset mobile --out .cache/bench-quality

bench-reading: setup  ## Say how much better careful reading is than stock
	PYTHONPATH=benchmarks $(BIN)/python -m sealbench.compare_readings --out .cache/bench-reading $(BENCH)

# In an environment of their own: they want another build of OpenCV.
$(PEERS)/.ready: requirements/bench.lock
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --require-hashes -r $<
	touch $@

bench-speed: setup $(PEERS)/.ready  ## Say how fast sealq is beside its peers; BENCH="--pages 8 --rounds 1" is quick
	PYTHONPATH=benchmarks $(BIN)/python -m speedbench.against_peers --peers $(PEERS)/bin --out .cache/bench-speed $(BENCH)

# Without an answer there is no file, and that fails nothing; what is found stands in it.
audit: setup  ## Ask which pinned requirements have known weaknesses (needs the network)
	mkdir -p .cache && rm -f .cache/audit.txt
	$(BIN)/pip-audit --require-hashes --disable-pip -r requirements/dev.lock -o .cache/audit.txt \
		|| { test ! -e .cache/audit.txt && echo "Nothing was audited: no answer."; }
	test ! -e .cache/audit.txt || cat .cache/audit.txt

bench-orchestration: setup  ## Say what surrounds reading costs, in small and large databases
	PYTHONPATH=benchmarks $(BIN)/python -m speedbench.orchestration --out .cache/bench-orchestration $(BENCH)

lock:  ## Resolve the pinned requirements anew (needs uv)
	for part in producer worker web dev bench; do requirements/resolve $$part; done

clean:  ## Remove what set-up and demo made
	rm -rf $(VENV) .cache sealq-data build dist
