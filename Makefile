# Two commands matter: make site, make test. Everything happens in a virtual environment of its own.
PYTHON ?= python3
VENV ?= $(if $(filter python3,$(PYTHON)),.venv,.venv-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PORT ?= 8000

.PHONY: site test check bench serve live clean

site: $(VENV)/.installed
	@$(BIN)/python docs/build.py

test: $(VENV)/.installed
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: $(VENV)/.installed
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: $(VENV)/.installed
	@$(BIN)/python benchmarks/engine.py

serve: site
	@$(BIN)/python docs/serve.py $(PORT)

live: $(VENV)/.installed
	@$(BIN)/sphinx-autobuild --host 127.0.0.1 --port $(PORT) --watch src --watch examples \
		--ignore '*/docs/gallery*' --ignore '*/docs/_build/*' \
		--doctree-dir docs/_build/live-doctrees docs docs/_build/live

clean:
	rm -rf .venv .venv-* docs/_build docs/gallery docs/gallery.lock docs/gallery.stamp

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@$(PIP) --group dev --editable .
	@touch $@
