# Two commands matter: make site, make test. Everything happens in a virtual environment of its own.
PYTHON ?= python3
VENV ?= $(if $(filter python3,$(PYTHON)),.venv,.venv-$(notdir $(PYTHON)))
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
CONSTRAINTS ?= constraints.txt
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS:%=--constraint %)
PYTEST := python -m pytest -n 2 --dist worksteal
UNIT := --ignore tests/site --ignore tests/examples
PORT ?= 8000

NODE := .node
NPM := npm install --prefix $(NODE) --no-save --no-audit --no-fund --silent

.PHONY: help site test test-unit test-slow test-lowest check format bench lighthouse nu serve live clean

help: ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

site: $(VENV)/.installed ## build the site into docs/_build/html
	$(BIN)/python docs/build.py

test: $(VENV)/.installed ## test all that a change needs: the library, the examples, the site
	$(BIN)/$(PYTEST) $(ARGS)

test-unit: $(VENV)/.installed ## test the library alone, in under a minute: while editing
	$(BIN)/$(PYTEST) $(UNIT) $(ARGS)

test-slow: $(VENV)/.installed ## test what takes many minutes: whole builds, interrupted builds, every page
	$(BIN)/$(PYTEST) -m slow $(ARGS)

test-lowest: $(VENV)/.installed ## test the library with the lowest versions that pyproject.toml allows
	$(BIN)/uv venv --clear --python $(BIN)/python .venv-lowest
	VIRTUAL_ENV=.venv-lowest $(BIN)/uv pip install --resolution lowest-direct --group test --editable .
	.venv-lowest/bin/$(PYTEST) $(UNIT) $(ARGS)

check: $(VENV)/.installed ## run the hooks of .pre-commit-config.yaml on all files: style, types, spelling, workflows
	PATH="$(abspath $(BIN)):$$PATH" pre-commit run --all-files

format: $(VENV)/.installed ## format the code and make the repairs that ruff can make
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed ## measure the speed of training, of the import and of the site
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/imports.py
	$(BIN)/python benchmarks/site.py

lighthouse: site ## print Lighthouse's scores of four pages (needs Node.js)
	$(NPM) lighthouse@12.8.2
	$(BIN)/python benchmarks/lighthouse.py $(NODE)

nu: site ## check the HTML of all pages (needs Node.js and Java)
	$(NPM) vnu-jar@26.9.27
	java -jar $(NODE)/node_modules/vnu-jar/build/dist/vnu.jar --skip-non-html --errors-only docs/_build/html

serve: site ## build the site and serve it on this machine, at PORT
	$(BIN)/python docs/serve.py $(PORT)

live: $(VENV)/.installed ## build the site again at each change and reload the page
	$(BIN)/sphinx-autobuild -t live -a -E --host 127.0.0.1 --port $(PORT) --watch src --watch examples \
		--ignore '*/docs/gallery*' --ignore '*/docs/_build/*' \
		--doctree-dir docs/_build/live-doctrees docs docs/_build/live

clean: ## remove all that was built or installed
	rm -rf .venv .venv-* .node docs/_build docs/gallery

$(VENV)/.installed: pyproject.toml $(CONSTRAINTS)
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) ..."
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip
	$(PIP) --group dev --editable .
	touch $@
