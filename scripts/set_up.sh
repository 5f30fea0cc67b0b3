#!/bin/sh
# Make .venv and put the locked libraries into it: `scripts/set_up.sh runtime`, `test`, `bench` or `tools` (installer only).
#
# Every library is checked against its hash in a lock. uv installs, since it takes seconds where pip takes half a minute;
# where uv has no wheel, or cannot reach what pip is set up to reach, pip does the same from the same lock.
# A second run with unchanged locks does nothing.
set -eu
cd "$(dirname "$0")/.."
part=${1:-runtime}

# A start that may not keep its bytecode compiles everything again: three seconds each time.
unset PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

case $part in
    tools) venv=.venv lock=requirements-setup.lock ;;
    runtime) venv=.venv lock=requirements.lock ;;
    test) venv=.venv lock=requirements-test.lock ;;
    bench) venv=.venv-bench lock=requirements-bench.lock ;;
    *) fail "scripts/set_up.sh takes runtime, test, bench or tools, not '$part'." ;;
esac

# --- a Python that is new enough, with venv ---------------------------------------------------------------------------
new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
make_venv() {
    python=
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$new_enough" 2>/dev/null; then
            python=$candidate
            break
        fi
    done
    [ -n "$python" ] || fail "Python 3.11 or newer is needed and was not found: install it, or name it with PYTHON=/path/to/python3."
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "Python's venv module is missing: install it (on Debian and Ubuntu: apt-get install python3-venv)."
    say "Making $venv with $("$python" -V 2>&1) …"
    "$python" -m venv "$venv" || fail "$python could not make $venv: see the lines above, remove $venv and try again."
}
if [ -e "$venv" ] && ! "$venv/bin/python" -c "$new_enough" 2>/dev/null; then
    fail "$venv is broken or made with a Python older than 3.11: remove it and try again."
fi
[ -x "$venv/bin/python" ] || make_venv
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null ||
    fail "$venv has no pip: remove it and try again."

# --- libraries --------------------------------------------------------------------------------------------------------
# Building a library leaves locks and folders in TMPDIR: they lie in a folder of their own, and go with it.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

done_before() { [ -f "$venv/.done-$1" ] && cmp -s "$2" "$venv/.done-$1"; }
pip_install() { "$venv/bin/python" -m pip install --quiet "$@"; }

if [ "$venv" = .venv ] && ! done_before tools requirements-setup.lock; then
    # uv is a convenience: a machine without a wheel for it still gets the builder, from the same lock.
    if ! pip_install --require-hashes --only-binary :all: -r requirements-setup.lock 2>/dev/null; then
        say "No wheel of uv for this machine; pip will install instead, which takes longer."
        rm -f "$venv/bin/uv"
        awk '/^[a-z]/ { keep = !/^uv==/ } keep' requirements-setup.lock > "$TMPDIR/without-uv.lock"
        pip_install --require-hashes -r "$TMPDIR/without-uv.lock" || fail "The builder could not be installed: see the lines above."
    fi
    cp requirements-setup.lock "$venv/.done-tools"
fi

install() {
    if [ -x .venv/bin/uv ]; then
        .venv/bin/uv pip install --quiet --no-config --compile-bytecode --python "$venv/bin/python" "$@" && return 0
        say "uv could not install; trying the same with pip."
    fi
    pip_install "$@"
}

[ "$part" != tools ] || exit 0
if ! done_before "$part" "$lock"; then
    say "Installing what $lock names …"
    install --require-hashes -r "$lock" || fail "The libraries could not be installed: see the lines above."
    cp "$lock" "$venv/.done-$part"
fi
[ "$venv" = .venv ] || exit 0
if ! done_before project pyproject.toml; then
    install --no-deps --no-build-isolation -e . || fail "The project itself could not be installed: see the lines above."
    cp pyproject.toml "$venv/.done-project"
fi
"$venv/bin/python" -m compileall -q bot flows || fail "A source file does not compile: see the lines above."
