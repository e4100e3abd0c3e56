#!/usr/bin/env bash
# Opens the real window on a screen in memory, drops a CSV file on it, trains, predicts, and takes pictures.
#
#     bash tests/real_window/run.sh PROGRAM PICTURES
#
# PROGRAM is the built `drydock`; PICTURES is a folder for the pictures.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tools.sh
. "$here/tools.sh"
install_tools
program=$(realpath "$1")
mkdir -p "$2"
pictures=$(realpath "$2")

if [ -z "${IN_SESSION:-}" ]; then
    IN_SESSION=1 exec dbus-run-session -- bash "$0" "$program" "$pictures"
fi

work=$(mktemp -d)
export HOME=$work/home XDG_DATA_HOME=$work/data XDG_RUNTIME_DIR=$work/run NO_AT_BRIDGE=0
mkdir -p "$HOME" "$XDG_DATA_HOME" "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# a screen whose number is free
exec 3>"$work/display"
# without -noreset it would start anew, and refuse a moment, when the killed program was its last client
Xvfb -noreset -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp >"$work/xvfb.log" 2>&1 &
pids+=($!)
for _ in $(seq 100); do [ -s "$work/display" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$work/display")
export DISPLAY
unset WAYLAND_DISPLAY
printf 'session.screen0.toolbar.visible: false\n' >"$work/fluxbox"
fluxbox -rc "$work/fluxbox" >"$work/fluxbox.log" 2>&1 &
pids+=($!)
/usr/libexec/at-spi-bus-launcher --launch-immediately >"$work/at-spi.log" 2>&1 &
pids+=($!)
sleep 1
gdbus call --session --dest org.a11y.Bus --object-path /org/a11y/bus \
    --method org.freedesktop.DBus.Properties.Set org.a11y.Status IsEnabled '<true>' >/dev/null

person() { timeout 180 /usr/bin/python3 "$here/person.py" "$@"; }
# the pointer goes where it hovers nothing
picture() { xdotool mousemove --window "$win" 4 4; sleep 1.5; import -window "$win" "$pictures/$1.png"; echo "picture: $pictures/$1.png"; }
window() {
    for _ in $(seq 300); do
        found=$(xdotool search --name '^Drydock$' 2>/dev/null | tail -1 || true)
        [ -n "$found" ] && { echo "$found"; return; }
        sleep 0.1
    done
    echo "the window did not open" >&2
    cat "$work/drydock.log" >&2
    return 1
}
start() {
    "$program" "$@" >"$work/drydock.log" 2>&1 &
    drydock=$!
    pids+=("$drydock")
    win=$(window)
}

cd "$work"
"$program" samples winter-beverages -o winter.csv >/dev/null
mkdir workspace
start workspace
person wait 'Drop a CSV here'
picture 1-data-empty

/usr/bin/python3 "$here/drop.py" "$win" winter.csv
person wait 'Loaded winter.csv'
picture 2-data

# the rest is up to the steps, so that pages can be gone through by name
. "$here/steps.sh"

# a kill loses nothing that was there a second ago
sleep 2
kill -9 "$drydock"
wait "$drydock" 2>/dev/null || true
start workspace
person wait 'Loaded winter.csv'
person wait 'Model: units_sold'
echo 'restored after a kill'
