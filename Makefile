# `make run` starts the system with demonstration data, `make test` checks everything; `make help` lists the rest.

PORT ?= 8000
PYTEST_ARGS ?=

# Run time and tests have an environment each: starting the system does not wait for the test tools.
RUN := .venv
DEV := .venv-dev
PIP := -m pip install -qq --disable-pip-version-check
SOURCES := lms courses assessments certificates migrations tests scripts setup.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test bench lock static docs translations clean FORCE

help:  ## List the targets
	@sed -n 's/^\([a-z]*\):.*  ## /\1|/p' Makefile | while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

run: $(RUN)/.stamp  ## Start the system with demonstration data on 127.0.0.1 (PORT=8000)
	@exec $(RUN)/bin/lms start-demo --port $(PORT)

test: $(DEV)/.stamp  ## Check everything: style, imports, types, then all tests (PYTEST_ARGS= for more)
	$(DEV)/bin/ruff check $(wildcard $(SOURCES))
	$(DEV)/bin/ruff format --check $(wildcard $(SOURCES))
	$(DEV)/bin/python -c 'import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())'
	$(DEV)/bin/python -m mypy
	LMS_CHROMIUM=$$($(DEV)/bin/python scripts/ensure_chromium.py) && export LMS_CHROMIUM && \
	  $(DEV)/bin/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

bench: $(DEV)/.stamp  ## Measure pages a second beside bare Flask (takes minutes)
	$(DEV)/bin/python scripts/bench.py

# The markers that only repeat `environments` of pyproject.toml are cut off: they are the same on every line.
COMPILE = $(DEV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(if $(UPGRADE),--upgrade)
lock: $(DEV)/.stamp  ## Write requirements*.txt from pyproject.toml (UPGRADE=1 takes newer versions)
	$(COMPILE) pyproject.toml --group build --output-file requirements.txt
	$(COMPILE) pyproject.toml --group dev --constraints requirements.txt --output-file requirements-dev.txt
	@sed -i -e "s/ and implementation_name == 'cpython' and platform_python_implementation == 'CPython' and sys_platform == 'linux'//" \
	  -e "s/ ; python_full_version < '3.15'//" requirements.txt requirements-dev.txt
	@if grep -inE 'https?:|index-url|find-links' requirements.txt requirements-dev.txt; then echo 'An address in a lock file.' >&2; exit 1; fi

static: $(DEV)/.stamp  ## Compress the static files again after one was changed
	$(DEV)/bin/python scripts/compress_static.py

docs: $(DEV)/.stamp  ## Write the generated parts of docs/ from the code
	$(DEV)/bin/python scripts/make_docs.py

translations: $(DEV)/.stamp  ## Bring new sentences into the catalogues, and compile them
	$(DEV)/bin/python scripts/translations.py extract compile

clean:  ## Remove environments, caches and build results; instance/ (the data) stays
	rm -rf $(RUN) $(DEV) build dist *.egg-info test-results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# $(call environment,FOLDER,LOCK): make or renew FOLDER so that it holds what LOCK lists, and this project.
# The stamp names the checkout, so that a copied or moved one does not run the code of the old one.
define environment
@python=; for name in $(or $(PY),python3 python3.11 python3.12 python3.13 python3.14); do \
  if $$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then python=$$name; break; fi; \
done; \
if [ -z "$$python" ]; then echo 'Python 3.11 to 3.14 is needed and $(if $(PY),$(PY) is not one,was not found); name one: make PY=/path/to/python3.11' >&2; exit 1; fi; \
if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then echo "$$python cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; fi; \
if [ "$$(cat $(1)/.stamp 2>/dev/null || pwd)" != "$$(pwd)" ] || ! $(1)/bin/python -m pip --version >/dev/null 2>&1; then \
  echo "Making $(1) with $$($$python --version)"; $$python -m venv --clear $(1) || exit 1; \
fi
@echo 'Installing into $(1) (up to two minutes the first time)'
@$(1)/bin/python $(PIP) --require-hashes -r $(2)
@mkdir -p templates migrations
@$(1)/bin/python $(PIP) --no-deps --no-build-isolation --editable .
@pwd > $@
endef

moved = $(if $(filter-out $(CURDIR),$(shell cat $(1)/.stamp 2>/dev/null)),FORCE)

$(RUN)/.stamp: requirements.txt pyproject.toml setup.py $(call moved,$(RUN))
	$(call environment,$(RUN),requirements.txt)

$(DEV)/.stamp: requirements-dev.txt pyproject.toml setup.py $(call moved,$(DEV))
	$(call environment,$(DEV),requirements-dev.txt)
