# `make` lists what can be made. CONTRIBUTING.md has the same steps without make.
#
# Variables: PYTHON       the interpreter that .venv is made from
#            NOTEBOOKS    what `make refresh` runs; all of them unless told
#            TESTS        what `make test` runs, such as TESTS=tests/text; all unless told
#            PYTEST_ARGS  more options for the tests, such as PYTEST_ARGS='-m ""' for the slow
#                         and the thorough ones too
#            LAB_ARGS     more options for JupyterLab, such as LAB_ARGS=--port=9000
PYTHON ?= python3
NOTEBOOKS ?=
TESTS ?= notebooks tests
PYTEST_ARGS ?=
LAB_ARGS ?=

PY := .venv/bin/python
INSTALLED := .venv/.installed
# The work of one process is small: more workers help, more threads in each do not.
WORKERS := -n auto --maxprocesses 4
# Notebooks first, which take long: xdist would begin with the files that have many tests.
ORDER := --dist loadfile --no-loadscope-reorder

.PHONY: help lab test refresh lint bench constraints clean

help:
	@echo "Memory Gates: recurrent networks in NumPy"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

lab: $(INSTALLED) ## read the course in JupyterLab
	@$(PY) tools/start_lab.py $(LAB_ARGS)

test: export OPENBLAS_NUM_THREADS = 1
test: export OMP_NUM_THREADS = 1
# Hundreds of processes start: what one has compiled is kept for the others, whoever forbids it.
test: export PYTHONDONTWRITEBYTECODE =
test: $(INSTALLED) ## run the tests, then every notebook against its stored outputs
	@ls notebooks/*.ipynb > /dev/null 2>&1 || \
		{ echo "make test: there is no notebook in notebooks/ to test" >&2; exit 1; }
	$(PY) -m pytest -q $(WORKERS) $(ORDER) --nbval --nbval-current-env $(PYTEST_ARGS) $(TESTS)

refresh: $(INSTALLED) ## run notebooks anew and store their outputs: make refresh NOTEBOOKS=...
	$(PY) tools/refresh_notebooks.py $(NOTEBOOKS)
	$(PY) tools/make_readme_picture.py
	$(PY) tools/list_notebooks.py

lint: $(INSTALLED) ## check the style of code and notebooks, and the package's types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: $(INSTALLED) ## time the layers beside PyTorch, if it is installed
	$(PY) -m benchmarks.speed $(BENCH_ARGS)

constraints: $(INSTALLED) ## pin the newest versions of all packages; write environment.yml
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile pyproject.toml --extra lab --extra dev --extra site \
		--extra lite --extra browser --extra bpe --extra class --universal --upgrade \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate \
		--custom-compile-command "make constraints" --quiet --output-file constraints.txt
	$(PY) tools/make_environment.py

clean: ## remove .venv and the caches
	rm -rf .venv .venv.unfinished .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

# .installed names the folder it was made in: an environment does not survive a move.
ifneq ($(shell cat $(INSTALLED) 2> /dev/null),$(CURDIR))
.PHONY: $(INSTALLED)
endif
$(INSTALLED): pyproject.toml constraints.txt
	@sh tools/make_venv.sh "$(PYTHON)"

.PHONY: browser-test
browser-test: $(INSTALLED) ## work through a lesson in a real browser, if Chromium is installed
	$(PY) -m pip install --quiet --constraint constraints.txt --editable '.[browser]'
	$(PY) -m pytest -q -n 0 -m "" tests/browser

.PHONY: weights
weights: $(INSTALLED) ## train the shipped models again (about a quarter of an hour)
	$(PY) tools/make_weights.py

.PHONY: site
site: $(INSTALLED) ## build the web site into build/site
	@$(PY) -c 'import furo, myst_nb, sphinx_copybutton' 2> /dev/null || \
		$(PY) -m pip install --quiet --constraint constraints.txt --editable '.[site]'
	@rm -rf build/site
	$(PY) -m sphinx -q -W --keep-going -E -c docs -d build/doctrees . build/site
	@echo "The site is in build/site: open build/site/index.html in a browser."

# In an environment of its own: JupyterLab would take JupyterLite's extensions for its own.
LITE := build/lite-venv/bin/python
.PHONY: lite
lite: $(INSTALLED) ## build the lessons for the browser alone (JupyterLite) into build/lite
	@test -x $(LITE) || $(PY) -m venv build/lite-venv
	$(LITE) -m pip install --quiet --constraint constraints.txt '.[lite]'
	@rm -rf build/lite
	$(LITE) tools/make_lite.py build/lite

.PHONY: pdf
pdf: site ## print the lessons as one book, build/memory-gates.pdf, if Chromium is installed
	@$(PY) -c 'import playwright, pypdf' 2> /dev/null || \
		$(PY) -m pip install --quiet --constraint constraints.txt --editable '.[site,browser]'
	$(PY) tools/make_book.py build/site build/memory-gates.pdf
