#!/bin/sh
# Make .venv with the packages of envs/requirements.txt, each checked against its hash.
# Does nothing when that was done before for the same lock and folder. Called by the Makefile.
#   sh envs/setup.sh docs       .venv-docs from envs/requirements-docs.txt, to build the website
#   PYTHON=/path/to/python3.12  use this interpreter instead of searching
set -eu
cd "$(dirname "$0")/.."

here=$(pwd -P)
lock=envs/requirements${1:+-$1}.txt
venv=.venv${1:+-$1}
stamp=$venv/installed-requirements.txt # written last: a set-up cut short leaves none

fail() {
    printf 'mri-response: %s\n' "$1" >&2
    exit 1
}

# Snakemake calls .venv/bin/python without quotes.
case $here in
*[][[:space:]\'\"\`\$\&\;\(\)\<\>\|\*\?\{\}\!\#\\]*)
    fail "the folder $here has a space or another special character in its path; move the project to one without"
    ;;
esac

if cmp -s "$lock" "$stamp" && "$venv/bin/python" -c "" 2>/dev/null &&
    grep -qF "$here/$venv" "$venv/bin/activate"; then
    exit 0
fi

# numba, which compiles the solver, is no longer made for them.
if [ "$lock" = envs/requirements.txt ] && [ "$(uname -sm)" = "Darwin x86_64" ]; then
    fail "numba has no packages for Macs with Intel processors; use the container (docs/start.md); with Apple silicon, use a terminal outside Rosetta"
fi

command -v git >/dev/null 2>&1 || fail "git is missing; install it and try again"

# The first interpreter from 3.11 to 3.13 that can make virtual environments.
python=
without_venv=
if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
    tried=$PYTHON
else
    set -- python3 python3.13 python3.12 python3.11
    tried="python3, python3.13, python3.12 or python3.11"
fi
for candidate; do
    "$candidate" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" \
        2>/dev/null || continue
    if "$candidate" -c "import venv, ensurepip" 2>/dev/null; then
        python=$candidate
        break
    fi
    without_venv=${without_venv:-$candidate}
done
if [ -z "$python" ]; then
    [ -z "$without_venv" ] ||
        fail "$without_venv is without its venv module; install it (Debian and Ubuntu: apt install python3-venv) and try again"
    fail "no Python 3.11, 3.12 or 3.13 found as $tried; install one, or name one with PYTHON=/path/to/python3"
fi

echo "Setting up $venv with $("$python" -V); this takes a few minutes and happens once."
rm -rf "$venv"
"$python" -m venv "$venv" || fail "$python could not make a virtual environment in $venv"
PIP_USER=0 "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
    --require-hashes -r "$lock" ||
    fail "the packages could not be installed; the lines above say why"
# The solver's machine code is made now, once, and not while the first run waits for it.
if [ "$lock" = envs/requirements.txt ] && [ -d workflow/src ]; then
    PYTHONPATH=workflow/src "$venv/bin/python" -m mri_response.learning.learners.svc.solver ||
        fail "the solver could not be compiled; the lines above say why"
fi
cp "$lock" "$stamp"
