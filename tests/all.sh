#!/usr/bin/env bash
# All checks, the fast ones first: formatting, lints, documentation, tests. The README's test command.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v cargo >/dev/null; then
    echo "cargo is missing; install Rust from https://rustup.rs and run this again" >&2
    exit 1
fi
if ! command -v cc >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -q && apt-get install -y -q build-essential
    else
        echo "a C linker is missing; on Debian: sudo apt-get install build-essential" >&2
        exit 1
    fi
fi

# what the window's tests need: a Vulkan driver that runs on the processor, a screen in memory, a screen reader's view
if [ "$(uname -s)" = Linux ] && command -v dpkg-query >/dev/null; then
    # shellcheck source=real_window/tools.sh
    . tests/real_window/tools.sh
    install_tools
fi

step() { printf '\n== %s\n' "$*"; "$@"; }

step cargo fmt --check
step cargo clippy --locked --all-targets -- -D warnings
step env RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
step cargo test --locked
# the small build for containers must stand on its own
step cargo check --locked --no-default-features
printf '\nall checks passed\n'
