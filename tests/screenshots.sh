#!/usr/bin/env bash
# Takes the pictures that the README shows, of the real window on a screen in memory (Debian; installs what it needs).
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked
bash tests/real_window/run.sh target/release/drydock assets/screenshots
