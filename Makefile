# make run    set up and open the window          make soak   the long tests: mutation, leaks, soak
# make test   set up, check and test everything   make bench  speed, each row against its baseline
# make setup  only set up                         make wheel  build dist/voxstudio-*.whl

# Every path here is relative, so a checkout may lie under a folder with spaces in its name.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
READY := .venv/.ready

# A window under Xvfb with Mesa's software renderer: the same picture on every machine.
HEADLESS := env -u QT_QPA_PLATFORM -u WAYLAND_DISPLAY -u DISPLAY LIBGL_ALWAYS_SOFTWARE=1 QT_API=pyside6 \
	OMP_WAIT_POLICY=PASSIVE

.PHONY: help setup run test lint pytest soak bench wheel clean libs libs-test

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

libs:
	@bash scripts/system_libs.sh window

libs-test:
	@bash scripts/system_libs.sh window tests

setup: libs $(READY)

# torch goes first, held by the constraint, so that no other package's range picks another build of it.
$(READY): pyproject.toml constraints.txt scripts/make_venv.sh
	@bash scripts/make_venv.sh .venv
	@echo "Installing PyTorch (1 of 2): takes some minutes, the download is large"
	@$(PIP) install --quiet --constraint constraints.txt torch
	@echo "Installing VoxStudio, Qt, VTK and the rest (2 of 2): takes some minutes"
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)
	@echo "Set up"

run: setup
	$(PY) main.py $(ARGS)

test: libs-test $(READY) lint pytest

lint: $(READY)
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-cache

pytest: $(READY)
	$(HEADLESS) $(PY) -m pytest -q -m "not soak" $(ARGS)

soak: libs-test $(READY)
	$(HEADLESS) $(PY) -m pytest -q -m "soak or hypothesis" --hypothesis-profile=soak --timeout=3600 $(ARGS)

# Under Xvfb where there is no screen; with one, on the screen that people will use.
bench: libs-test $(READY)
	if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] || [ "$$(uname)" != Linux ]; then $(PY) main.py bench $(ARGS); \
	else env -u QT_QPA_PLATFORM xvfb-run -a -s '-screen 0 1600x1000x24' $(PY) main.py bench $(ARGS); fi

wheel: $(READY)
	$(PY) -m hatchling build -t wheel -t sdist

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
