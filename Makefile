# Every target sets up what it needs first; `make setup` alone does only that.
.PHONY: setup demo test check bench models
PY := .venv/bin/python
READY := .venv/.ready
# Two at a time, since many tests wait for a daemon or a broker; but those of the page, before whose camera people move
# in real time, have the machine for themselves.
define TESTS
$(PY) -m pytest -n 2 --dist loadfile --ignore=tests/web
$(PY) -m pytest tests/web
endef

setup: $(READY)

$(READY): pyproject.toml scripts/setup
	scripts/setup

demo: $(READY)
	.venv/bin/edge demo gate --out demo-output/gate
	.venv/bin/edge demo bin --out demo-output/bin

test: $(READY)
	$(TESTS)

check: $(READY)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	shellcheck scripts/setup .ci/run scripts/flash edge/install/provision/card/start.sh
	$(PY) scripts/generate-contract --check
	$(TESTS)

bench: $(READY)
	.venv/bin/edge bench face
	.venv/bin/edge bench search
	.venv/bin/edge bench startup
	.venv/bin/edge bench outbox
	.venv/bin/edge bench uplink
	.venv/bin/edge bench waste

models:
	scripts/build-models
