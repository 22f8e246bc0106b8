# Every target sets up what it needs first; `make setup` alone does only that.
.PHONY: setup demo test check bench models
PY := .venv/bin/python
READY := .venv/.ready

setup: $(READY)

$(READY): pyproject.toml scripts/setup
	scripts/setup

demo: $(READY)
	.venv/bin/edge demo gate --out demo-output/gate
	.venv/bin/edge demo bin --out demo-output/bin

test: $(READY)
	$(PY) -m pytest

check: $(READY)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	shellcheck scripts/setup .ci/run scripts/flash edge/install/provision/card/start.sh
	$(PY) scripts/generate-contract --check
	$(PY) -m pytest

bench: $(READY)
	.venv/bin/edge bench face
	.venv/bin/edge bench search
	.venv/bin/edge bench startup
	.venv/bin/edge bench outbox
	.venv/bin/edge bench uplink
	.venv/bin/edge bench waste

models:
	scripts/build-models
