#!/usr/bin/env bash
# Measures the real window with a renderer that runs on the processor: the first frame, processor time at rest, memory.
#
#     bash tests/real_window/figures.sh target/release/drydock
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tools.sh
. "$here/tools.sh"
install_tools
program=$(realpath "$1")
work=$(mktemp -d)
export HOME=$work/home XDG_DATA_HOME=$work/data XDG_RUNTIME_DIR=$work/run
mkdir -p "$HOME" "$XDG_DATA_HOME" "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
exec 3>"$work/display"
# the screen stays as it is when a run has closed its window, for the next
Xvfb -noreset -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp >"$work/xvfb.log" 2>&1 &
screen=$!
trap 'kill $screen 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -s "$work/display" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$work/display")
export DISPLAY

# user and system time of a process, in clock ticks of 10 ms
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }

for run in 1 2 3; do
    begun=$(date +%s%N)
    "$program" >"$work/log" 2>&1 &
    pid=$!
    # the window is shown once its first frame is painted; xdotool's own waiting looks only twice a second
    until xdotool search --onlyvisible --name '^Drydock$' >/dev/null 2>&1; do
        kill -0 "$pid" 2>/dev/null || { echo "the program ended without a window:" >&2; cat "$work/log" >&2; exit 1; }
        sleep 0.005
    done
    shown=$(( ($(date +%s%N) - begun) / 1000000 ))
    echo "start $run: window with its first frame after $shown ms, $(( $(ticks $pid) * 10 )) ms of processor time"
    if [ "$run" = 3 ]; then
        sleep 8
        before=$(ticks $pid)
        sleep 20
        echo "rest: $(( ($(ticks $pid) - before) * 10 )) ms of processor time in 20 s"
        awk '/VmRSS/ {print "memory: " $2 / 1000 " MB"}' "/proc/$pid/status"
    fi
    kill $pid
    wait $pid 2>/dev/null || true
done
