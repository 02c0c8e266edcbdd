#!/bin/sh
# Installs the system libraries and tools that the build needs and that are missing, and says which. Debian and its kin.
set -eu
command -v swift >/dev/null || { echo "setup: no 'swift' on PATH; install a Swift 6.2 toolchain or newer first (swift.org)" >&2; exit 1; }

missing=
need() { # need PACKAGE COMMAND…: the package is missing when the command fails
    package=$1; shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
need git git --version
need pkg-config pkg-config --version
need zlib1g-dev pkg-config --exists zlib
need libdeflate-dev pkg-config --exists libdeflate
need libssl-dev pkg-config --exists libcrypto
need liblmdb-dev pkg-config --exists lmdb
need make make --version
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
echo "setup: installing$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086  # one word a package
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
