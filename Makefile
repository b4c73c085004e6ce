# make demo   set up and run the main job: recordings -> gated firmware -> monitor -> back
# make test   set up everything (system packages too) and run lint and the whole suite
# make bench  run benchmarks/ with pytest-benchmark; BENCH=benchmarks/NAME: one of them
# make lint   ruff, mypy --strict, stubtest, clang-format, cppcheck
#
# PIP_ONLY=1 make test   installs no system packages; what needs them is listed
# ECMKIT_DATA=DIR        folder of real recordings; without it those tests are left out

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
DEMO ?= examples/demo.toml
BENCH ?= benchmarks
# Tests of one file share what they build, so they stay on one worker.
WORKERS ?= 2
PARALLEL = -n $(WORKERS) --dist loadfile
SOURCES := $(wildcard csrc/*.[ch] csrc/port/*/*.h ecmkit/_core/*.pyx ecmkit/_core/*.pxd)

.PHONY: demo test test-live bench lint format clean system

demo: $(VENV)/.flow
	$(BIN)/ecmkit run $(DEMO)

test: system $(VENV)/.dev lint
	ECMKIT_NO_SKIPS=1 $(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

test-live: system $(VENV)/.dev
	$(BIN)/python -m pytest -m live --timeout=3600 $(PYTEST_ARGS)

bench: system $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(BENCH) --benchmark-only \
		--timeout=1800 $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --ignore-disjoint-bases ecmkit._core
	$(BIN)/clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h')
	scripts/cppcheck.sh

format: $(VENV)/.dev
	$(BIN)/ruff check --fix -q . || true
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $$(git ls-files '*.c' '*.h')

system:
	scripts/system-packages.sh

clean:
	rm -rf build dist *.egg-info ecmkit/_core/*.so ecmkit/_core/*.c

# The environment in three steps, so that a second run starts at once. torch goes first
# and alone: no other package may choose its version.
$(VENV)/.torch: constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing torch, then the rest (a few minutes, once)"
	$(PIP) install -c constraints.txt torch
	$(PIP) install -c constraints.txt setuptools wheel cython numpy
	touch $@

$(VENV)/.flow: $(VENV)/.torch pyproject.toml setup.py $(SOURCES)
	$(PIP) install -c constraints.txt --no-build-isolation -e '.[flow]'
	touch $@

$(VENV)/.dev: $(VENV)/.flow
	$(PIP) install -c constraints.txt --no-build-isolation -e '.[dev]'
	touch $@
