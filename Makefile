# make demo   set up and run the main job: recordings -> gated firmware -> monitor -> back
# make test   set up everything (system packages too) and run lint and the whole suite
# make bench  run benchmarks/ with pytest-benchmark; BENCH=benchmarks/NAME: one of them
# make lint   ruff, mypy --strict, stubtest, clang-format, cppcheck, clang-tidy,
#             gcc -fanalyzer
#
# PIP_ONLY=1 make test   installs no system packages; what needs them is listed
# ECMKIT_DATA=DIR        folder of real recordings; without it those tests are left out

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
INSTALL := $(PIP) install --no-compile -c constraints.txt
DEMO ?= examples/demo.toml
BENCH ?= benchmarks
# Tests of one file share what they build, so they stay on one worker. Files go out in
# order: the long ones of tests/bench and tests/c first, so that no worker idles long.
WORKERS ?= 2
PARALLEL = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
SOURCES := $(wildcard csrc/*.[ch] csrc/port/*/*.h ecmkit/_core/*.pyx ecmkit/_core/*.pxd)

.PHONY: demo test test-live bench lint lint-python lint-c lint-paths format clean system

demo: $(VENV)/.flow
	$(BIN)/ecmkit run $(DEMO)

# System packages come while pip works, and the static analysis while bindings compile.
test:
	$(MAKE) --no-print-directory -j2 system lint
	ECMKIT_NO_SKIPS=1 $(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

test-live: system $(VENV)/.dev
	$(BIN)/python -m pytest -m live --timeout=3600 $(PYTEST_ARGS)

bench: system $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(BENCH) --benchmark-only \
		--timeout=1800 $(PYTEST_ARGS)

lint: lint-c lint-python lint-paths

lint-python: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h')
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --ignore-disjoint-bases ecmkit._core

# After the packages where both are asked for, which alone `make lint` does not.
lint-c: | $(filter system,$(MAKECMDGOALS))
	scripts/cppcheck.sh

# Half a minute of one core; gcc is there, as the bindings were compiled.
lint-paths: $(VENV)/.dev
	scripts/analyze.sh

format: $(VENV)/.dev
	$(BIN)/ruff check --fix -q . || true
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $$(git ls-files '*.c' '*.h')

system:
	scripts/system-packages.sh

clean:
	rm -rf build dist *.egg-info ecmkit/_core/*.so ecmkit/_core/*.c

# The environment in steps, so that a second run starts at once. torch goes first and
# alone: no other package may choose its version. Either of the last two steps compiles
# the bindings, so `make test` leaves out the first of them. Modules become byte code
# when they are first imported: most never are.
$(VENV)/.torch: constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing torch, then the rest (a few minutes, once)"
	$(INSTALL) torch
	$(INSTALL) setuptools wheel cython numpy
	touch $@

$(VENV)/.flow: $(VENV)/.torch pyproject.toml setup.py $(SOURCES)
	$(INSTALL) --no-build-isolation -e '.[flow]'
	touch $@

$(VENV)/.dev: $(VENV)/.torch pyproject.toml setup.py $(SOURCES)
	$(INSTALL) --no-build-isolation -e '.[dev]'
	$(BIN)/python -c "from ecmkit.package.monocypher import sources; sources()"
	touch $(VENV)/.flow $@
