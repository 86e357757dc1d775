# The commands of this project. `make` without a target lists them.
# Python 3.11 or newer is needed. Each target installs what else it needs, so only the first call has to wait for that.
# ARGS is passed to pytest, to Lighthouse and to the lock: make test ARGS="tests/events -x", make lock ARGS=--upgrade.

BIN := .venv/bin
PYTHONS := $(PYTHON) python3.13 python3.14 python3.12 python3.11 python3
RIGHT_PYTHON := $(BIN)/python -c 'import sys; \
	sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, but .venv has an older one. Remove .venv and try again.")'
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --only-binary :all:
# Checks must not read a developer's .env or var/.
ISOLATED := env -u DATABASE_URL ENV_FILE=/dev/null VAR_DIR=.venv/check
# Settings that a production would start with. The checks connect to none of these servers.
PRODUCTION := $(ISOLATED) DEPLOYMENT=production ALLOWED_HOSTS=events.example.org EMAIL_URL=smtp://mail.example.org \
	ALLOWED_ORIGINS=https://events.example.org DATABASE_URL=sqlite:////dev/null/none REDIS_URL=redis://redis.example.org \
	SECRET_KEY=signs-sessions-of-a-production-that-is-only-checked-1 \
	JWT_SIGNING_KEY=signs-tokens-of-a-production-that-is-only-checked-2
# npm writes this file when an installation is complete.
NODE_STAMP := node_modules/.package-lock.json
BIOME := tools/web/node_modules/.bin/biome
PYTEST := $(BIN)/python -m pytest $(ARGS)
# One test process more than there are processors, because many tests wait. Each has its own databases and servers.
# Files are run in the order of tests/conftest.py, and not by their number of tests.
PARALLEL := $(PYTEST) --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --no-loadscope-reorder --dist
# Where pytest looks for tests unless ARGS says so; importing all others takes each test process ten seconds.
ONLY = -o testpaths=tests/$(1)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url \
	--no-emit-find-links $(ARGS) pyproject.toml

.PHONY: help run dev test check test-mysql test-browser test-faults test-topology test-schema bench lighthouse messages pictures lock
# The parts of `check`, which `make -j2 check` runs at the same time.
.PHONY: check-texts check-types check-settings

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

run: .venv/.run ## start everything on http://localhost:8000; the first start loads a demo
	@$(BIN)/python -B -m config.embedded.launch

dev: .venv/.run ## the same with Django's auto-reloading server and debug pages
	@$(BIN)/python -B -m config.embedded.launch --dev

test: .venv/.dev ## run the tests on SQLite, including those with live processes
	env -u DATABASE_URL $(PARALLEL) loadfile -m "not browser and not mariadb and not faults and not topology and not schema"

check: check-texts check-types check-settings ## lint, format, types, imports, migrations, compose file, Dockerfile and API schema

check-texts: .venv/.dev tools/web/$(NODE_STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIOME) check --error-on-warnings
	find templates -name '*.html' -exec $(BIN)/djade --check {} +
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint Dockerfile

check-types: .venv/.dev
	$(ISOLATED) $(BIN)/mypy config accounts events notifications tools tests manage.py

check-settings: .venv/.dev
	$(ISOLATED) $(BIN)/python manage.py check
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(ISOLATED) $(BIN)/python manage.py makemigrations --check --dry-run
	$(ISOLATED) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

# A test that does not use the database behaves the same on all of them, so `make test` is enough for it.
test-mysql: .venv/.mysql ## run the tests that use the database on a temporary MariaDB server
	$(BIN)/python -m tools.stage.private_mariadb -- \
		$(PARALLEL) loadfile -m "(database or mariadb) and not browser and not faults and not topology and not schema"

test-browser: .venv/.dev tests/browser/$(NODE_STAMP) ## run browser tests in Chromium, and the essential journeys in Firefox
	env -u DATABASE_URL $(PARALLEL) worksteal -m browser $(call ONLY,browser)

test-faults: .venv/.mysql ## run fault-injection tests; ROUNDS=full runs longer
	env -u DATABASE_URL $(PARALLEL) loadfile -m "faults and not live" $(call ONLY,faults)
	$(BIN)/python -m tools.stage.private_mariadb -- $(PARALLEL) loadfile -m faults $(call ONLY,faults)

test-topology: .venv/.mysql ## kill all processes of a composed deployment at random moments; ROUNDS=full takes ten minutes
	env -u DATABASE_URL $(PYTEST) -m topology $(call ONLY,topology)

test-schema: .venv/.dev tests/schema/$(NODE_STAMP) ## test the API against its OpenAPI schema
	env -u DATABASE_URL $(PARALLEL) loadgroup -m schema $(call ONLY,schema)

bench: .venv/.dev ## measure latency and throughput
	$(BIN)/python -m tools.benchmarks

lighthouse: .venv/.dev tools/benchmarks/$(NODE_STAMP) ## run Lighthouse on the main pages
	env -u DATABASE_URL $(BIN)/python -m tools.benchmarks.lighthouse $(ARGS)

messages: .venv/.dev ## update the translation catalogues in locale/
	$(ISOLATED) $(BIN)/python -m tools.catalogue

pictures: .venv/.dev ## generate icons, the link preview image and the screenshots of the README
	$(ISOLATED) $(BIN)/python -m tools.pictures

lock: .venv/.uv ## pin the dependencies of pyproject.toml in requirements*.txt
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --extra mysql --constraint requirements.txt --output-file requirements-mysql.txt
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

# Stamp files, which are touched when what they stand for has been installed.

.venv/.run: requirements.txt | $(BIN)/python
	@$(RIGHT_PYTHON)
	@echo "Installing requirements.txt ..."
	@$(PIP) --requirement $<
	@touch $@

.venv/.dev: requirements-dev.txt | $(BIN)/python
	@$(RIGHT_PYTHON)
	@echo "Installing requirements-dev.txt ..."
	@$(PIP) --requirement $<
	@touch $@

.venv/.mysql: requirements-mysql.txt .venv/.dev
	@echo "Installing requirements-mysql.txt (mysqlclient is compiled) ..."
	@$(PIP) --no-binary mysqlclient --requirement $<
	@touch $@

%/$(NODE_STAMP): %/package-lock.json
	@command -v npm >/dev/null || \
		{ echo "npm is needed to install $<. Install it, for example with: apt install nodejs npm" >&2; exit 1; }
	@echo "Installing $< ..."
	@npm ci --prefix $* --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
	@touch $@

.venv/.uv: | $(BIN)/python
	@$(PIP) uv
	@touch $@

$(BIN)/python:
	@for python in $(PYTHONS); do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		$$python -c 'import ensurepip' 2>/dev/null || { no_venv=$$python; continue; }; \
		exec $$python -m venv --clear .venv; \
	done; \
	if [ "$$no_venv" ]; then echo "$$no_venv lacks the venv module. Install it, for example with: apt install python3-venv"; \
	else echo "Python 3.11 or newer is needed, but none was found among: $(PYTHONS)"; fi >&2; exit 1
