# What people type. All set-up happens here: only Python 3.11 or newer with venv, and make, are needed beforehand.
#
#   make demo            the program on 127.0.0.1:8000, with nothing else to install (PORT=9000 changes the port)
#   make test            every test (ARGS='tests/flows -k leave' runs some); what failed is run once more, alone, and named
#   make requirements    one line for each requirement: id, level, number of tests, result
#   make evaluate        how well sentences are understood (ARGS=--write also writes docs/evaluation.md)
#   make bench           what a turn costs, against other ways to write it
#   make check           formatting, types and import contracts only
#   make lock            write the locks anew after a change of pyproject.toml

.POSIX:
.PHONY: demo test requirements evaluate bench check lock setup clean
.DEFAULT_GOAL := demo

# A start that may not keep its bytecode compiles everything again: three seconds each time.
unexport PYTHONDONTWRITEBYTECODE

PY = .venv/bin/python
ARGS =

setup:
	@scripts/set_up.sh runtime

demo: setup
	@$(PY) -m bot demo

test:
	@scripts/set_up.sh test
	@$(PY) -m tests.browser
	@$(PY) -m pytest --numprocesses=auto --dist=loadfile $(ARGS) || { status=$$?; [ $$status -eq 1 ] || exit $$status; \
	echo; echo "Once more, alone: what fails again is broken; what does not fails only beside others, and is to be mended too."; \
	$(PY) -m pytest -v -p no:xdist --last-failed --last-failed-no-failures=none; }

requirements:
	@scripts/set_up.sh test
	@$(PY) -m tests.browser
	@$(PY) -m tests.requirements_table $(ARGS)

evaluate:
	@scripts/set_up.sh test
	@$(PY) -m tests.evaluation $(ARGS)

bench:
	@scripts/set_up.sh test
	@scripts/set_up.sh bench
	@$(PY) -m bench $(ARGS)

check:
	@scripts/set_up.sh test
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()'

# Universal (every system, Python 3.11 and newer), with hashes, without any address.
COMPILE = .venv/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(UPGRADE)

# `make lock` keeps the versions that still fit; `make lock UPGRADE=--upgrade` takes the newest.
UPGRADE =
lock:
	@scripts/set_up.sh tools
	@$(COMPILE) requirements-setup.in -o requirements-setup.lock
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) pyproject.toml --group test -c requirements.lock -o requirements-test.lock
	@$(COMPILE) --group pyproject.toml:bench -o requirements-bench.lock

clean:
	rm -rf .venv .venv-bench
