#!/bin/sh
# Makes .venv with the package and its tools in it: sh tools/make_venv.sh PYTHON
# With uv, since that takes seconds where pip takes a minute; where there is none, pip brings it for
# the time being. If uv fails, with pip.
# .venv/.installed marks success; .venv.unfinished stays behind when the work is cut off.
set -eu
python=$1

fail() {
    echo "$*" >&2
    exit 1
}
trap 'exit 130' INT TERM

"$python" -c '' 2> /dev/null ||
    fail "Memory Gates needs Python 3.11 or later, and $python does not run." \
        "Install Python, or name the one to use: make PYTHON=/path/to/python3 ..."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Memory Gates needs Python 3.11 or later, and $python is $("$python" --version 2>&1)." \
        "Install a newer one, or name the one to use: make PYTHON=python3.12 ..."
command -v uv > /dev/null && uv=yes || uv=
[ "$uv" ] || "$python" -c 'import ensurepip, venv' 2> /dev/null ||
    fail "$python cannot make virtual environments: its modules venv and ensurepip are missing." \
        "On Debian and Ubuntu the package python3-venv brings them."

[ -w . ] || fail "This folder cannot be written to: copy the course to one of your own."

if [ -e .venv.unfinished ] || ! .venv/bin/python -c '' 2> /dev/null; then
    touch .venv.unfinished
    rm -rf .venv
    # --seed: with pip, for what is added later.
    { [ "$uv" ] && uv venv --quiet --seed --python "$python" .venv; } ||
        "$python" -m venv --clear .venv
fi

echo "Installing the course's packages into .venv: once, about half a minute."
pwd -P > .venv.unfinished
with_uv() {
    if [ "$uv" ]; then
        uv pip install --quiet --python .venv/bin/python "$@"
    else # what pip says below is enough if this fails
        with_pip --retries 0 --target .venv/uv uv 2> /dev/null &&
            .venv/uv/bin/uv pip install --quiet --python .venv/bin/python "$@" 2> /dev/null
    fi
}
with_pip() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
}
set -- --constraint constraints.txt --editable '.[lab,dev]'
with_uv "$@" || with_pip "$@" && installed=yes || installed=
rm -rf .venv/uv
if [ ! "$installed" ]; then
    rm .venv.unfinished # both check before they change anything: the environment is whole
    fail "The packages could not be installed: the lines above say why. Then run make again."
fi
# Matplotlib's first import collects the fonts, and warns where that is slow: not in a notebook.
.venv/bin/python -c 'import matplotlib.font_manager'
mv .venv.unfinished .venv/.installed
