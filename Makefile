# Two commands: `make verify` checks the theorems on the emoji pairs, `make test` runs every check we have.
# Each sets up its own virtual environment, and again only when the requirements change.
PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin
RESULTS := results

.PHONY: verify test lint clean requirements

verify: $(VENV)/installed
	$(RUN)/mmcl-theory verify --data emoji --k 50,100,200,400,800 --out $(RESULTS)/emoji.parquet --figures $(RESULTS)

# One thread of BLAS a process: the tests run in two processes, and small matrices gain nothing from threads.  Most of
# the time is XLA's compiler, so what one test file, command or notebook compiled serves all others.
test: export OMP_NUM_THREADS = 1
test: export JAX_COMPILATION_CACHE_DIR = $(CURDIR)/.jax_cache
test: export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS = 0.2
test: lint
	$(RUN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/installed-dev
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "mmcl-theory needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

# Wheels are checked against the hashes; the package itself is installed in place, so that edits take effect.
$(VENV)/installed: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(RUN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	$(RUN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(RUN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# Written with uv (pip install uv); no addresses go into the files.
requirements:
	uv pip compile pyproject.toml --all-extras --group build --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --quiet --output-file requirements.txt
	uv pip compile pyproject.toml --all-extras --group build --group dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --quiet --constraint requirements.txt --output-file requirements-dev.txt

clean:
	rm -rf $(VENV) $(RESULTS) .jax_cache
