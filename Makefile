# `make verify` checks the theorems on the emoji pairs, `make test` runs every check that must pass, and `make test-all`
# runs them with programs compiled as for users, and with them what is only slow.  `make docs` builds the site, and
# `make notebooks` opens the notebooks.
# Each sets up its own virtual environment, and again only when the requirements change.
PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin
# Into the environment of a Python, what is given.  uv takes a tenth of the time; where it cannot, as behind a package
# index that only pip has been told of, pip does.  Neither compiles: Python does, and only what is imported.
install = $(RUN)/uv pip install --quiet --python $(1) $(2) || \
	$(RUN)/python -m pip --python $(1) install -qq --disable-pip-version-check --no-compile $(2)
RESULTS := results
# Two processes take a file each, in the order in which conftest.py has them.
TESTS  := $(RUN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: verify test test-all lint docs wheel notebooks clean requirements

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
test test-all docs wheel: export OMP_NUM_THREADS = 1
test test-all docs: export JAX_COMPILATION_CACHE_DIR = $(CURDIR)/.jax_cache
test test-all docs: export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS = 0
test docs wheel: export XLA_FLAGS = --xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false \
	--xla_cpu_parallel_codegen_split_count=1
test: lint
	$(TESTS) -m "not slow" --hypothesis-profile=ci

test-all: lint
	$(TESTS)

lint: $(VENV)/installed-dev
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

docs: $(VENV)/installed-docs
	$(RUN)/python docs/site/tree.py
	$(RUN)/python docs/site/build.py

# Builds the package, installs it into an environment that has the packages of requirements.txt only, and there imports
# all of it and runs it.
wheel: $(VENV)/installed-dev
	rm -rf dist
	$(RUN)/python -m build --no-isolation --outdir dist > /dev/null
	$(RUN)/python -m venv --without-pip dist/venv
	$(call install,dist/venv/bin/python,--require-hashes -r requirements.txt)
	$(call install,dist/venv/bin/python,--no-deps dist/*.whl)
	cd dist && venv/bin/python -c 'import pkgutil, mmcl_theory as package; [__import__(module.name) for module in \
		pkgutil.walk_packages(package.__path__, "mmcl_theory.") if module.name != "mmcl_theory.__main__"]'
	cd dist && venv/bin/mmcl-theory verify --data isotropic --k 1,2 --theorem probe-mmcl --figures . --out table.parquet > /dev/null
	rm -rf dist/venv
	@ls dist/*.whl

notebooks: $(VENV)/installed-docs
	$(RUN)/jupyter lab notebooks

# Every package is checked against its hash.  The package itself is installed in place, so that edits take effect.
$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "mmcl-theory needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-uv.txt

$(VENV)/installed: requirements.txt pyproject.toml | $(VENV)/bin/uv
	$(call install,$(RUN)/python,--require-hashes -r requirements.txt)
	$(call install,$(RUN)/python,--no-deps --no-build-isolation --editable .)
	@touch $@

# Two at once would install the same packages.
$(if $(filter docs %/installed-docs,$(MAKECMDGOALS)),$(VENV)/installed-dev: | $(VENV)/installed-docs)
$(VENV)/installed-%: requirements-%.txt $(VENV)/installed
	$(call install,$(RUN)/python,--require-hashes -r $<)
	@touch $@

# uv writes these files; they contain no addresses of package indexes.  A newer Python has no newer packages where one
# version runs on all, so that what is tested with one Python, XLA's flags above among it, is what all have.
# What makes matrices of a million rows fast, 60 MB, only the tests need.
LOCK := $(RUN)/uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header \
	--no-annotate --quiet
requirements: $(VENV)/bin/uv
	echo uv | $(LOCK) - --output-file requirements-uv.txt
	$(LOCK) pyproject.toml --group build --extra certify --extra parquet --extra plot --extra report \
		--output-file requirements.txt
	$(LOCK) pyproject.toml --group build --group dev --extra all --constraint requirements.txt \
		--output-file requirements-dev.txt
	$(LOCK) pyproject.toml --group build --group docs --extra captions --extra certify --extra cluster --extra digits \
		--extra images --extra notebooks --extra parquet --extra plot --extra report --constraint requirements-dev.txt \
		--output-file requirements-docs.txt

clean:
	rm -rf $(VENV) $(RESULTS) .jax_cache docs/_build dist
