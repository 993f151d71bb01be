# `make verify` checks the theorems on the emoji pairs, `make test` runs every check that must pass, and `make test-all`
# runs them with programs compiled as for users, and with them what is only slow.  `make docs` builds the site, and
# `make notebooks` opens the notebooks.
# Each sets up its own virtual environment, and again only when the requirements change.
PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin
PIP    := $(RUN)/python -m pip install -qq --disable-pip-version-check --no-compile
RESULTS := results
# Two processes take a file each, in the order in which conftest.py has them.
TESTS  := $(RUN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: verify test test-all lint docs site-tree wheel notebooks clean requirements

verify: $(VENV)/installed
	$(RUN)/mmcl-theory verify --data emoji --k 50,100,200,400,800 --out $(RESULTS)/emoji.parquet --figures $(RESULTS)

# Python keeps what it compiles of each module, also where the environment forbids it, as that of many containers does:
# each of the processes that are started would compile all packages again, which takes it three seconds.
unexport PYTHONDONTWRITEBYTECODE

# The tests run in two processes, each with one thread of BLAS, since small matrices gain nothing from threads.  XLA's
# compiler takes most of the time, so all test files, commands and notebooks share one cache of compiled programs, and
# it is told not to make them fast: LLVM does not optimize, and operations that are fused are compiled as one loop the
# plain way.  What is computed stays the same but for rounding; `make test-all` compiles as users do.
# Hypothesis draws the same examples each time here, so that a change is judged by itself, and fresh ones in `test-all`.
test test-all docs site-tree wheel: export OMP_NUM_THREADS = 1
test test-all docs site-tree: export JAX_COMPILATION_CACHE_DIR = $(CURDIR)/.jax_cache
test test-all docs site-tree: export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS = 0
test docs site-tree wheel: export XLA_FLAGS = --xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false \
	--xla_cpu_parallel_codegen_split_count=1
test: lint
	$(TESTS) -m "not slow" --hypothesis-profile=ci

test-all: lint
	$(TESTS)

lint: $(VENV)/installed-dev
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

docs: $(VENV)/installed-docs site-tree
	$(RUN)/python docs/site/build.py

# Needs what the package needs, and is made while the rest is installed where make runs two jobs.
site-tree: $(VENV)/installed
	$(RUN)/python docs/site/tree.py

# Builds the package, installs it into an environment that has the packages of requirements.txt only, and there imports
# all of it and runs it.
wheel: $(VENV)/installed-dev
	rm -rf dist
	$(RUN)/python -m build --no-isolation --outdir dist > /dev/null
	$(RUN)/python -m venv --without-pip dist/venv
	$(RUN)/python .ci/link_requirements.py dist/venv/bin/python
	$(RUN)/python -m pip --python dist/venv install -qq --disable-pip-version-check --no-deps dist/*.whl
	cd dist && venv/bin/python -c 'import pkgutil, mmcl_theory as package; [__import__(module.name) for module in \
		pkgutil.walk_packages(package.__path__, "mmcl_theory.") if module.name != "mmcl_theory.__main__"]'
	cd dist && venv/bin/mmcl-theory verify --data isotropic --k 1,2 --theorem probe-mmcl --figures . --out table.parquet > /dev/null
	rm -rf dist/venv
	@ls dist/*.whl

notebooks: $(VENV)/installed-docs
	$(RUN)/jupyter lab notebooks

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "mmcl-theory needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements-pip.txt

# pip checks every wheel against its hash, and leaves bytecode to Python, which compiles only what is imported.
# The pip that some Pythons bring takes twice as long to find a wheel among all that are offered, so it is pinned too.
# The package itself is installed in place, so that edits take effect.
$(VENV)/installed: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# Two at once would install the same packages.
$(if $(filter docs,$(MAKECMDGOALS)),$(VENV)/installed-dev: | $(VENV)/installed-docs)
$(VENV)/installed-%: requirements-%.txt $(VENV)/installed
	$(PIP) --require-hashes -r $<
	@touch $@

# uv (pip install uv) writes these files; they contain no addresses of package indexes.
# What makes matrices of a million rows fast, 60 MB, only the tests need.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet
requirements:
	echo pip | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
		--output-file requirements-pip.txt
	$(LOCK) --extra certify --extra parquet --extra plot --extra report --group build \
		--output-file requirements.txt
	$(LOCK) --extra all --group build --group dev --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) --extra captions --extra certify --extra cluster --extra digits --extra images --extra notebooks --extra parquet \
		--extra plot --extra report --group build --group docs --constraint requirements-dev.txt \
		--output-file requirements-docs.txt

clean:
	rm -rf $(VENV) $(RESULTS) .jax_cache docs/_build dist
