#!/usr/bin/python3
"""Acts on the window as a screen reader does (AT-SPI), for run.sh: finds things by their accessible names.

    person.py press NAME [ROLE]   presses a button, chooses a tab or a radio button
    person.py set NAME VALUE      sets a slider
    person.py wait TEXT [S]       waits until some name or text holds TEXT, S seconds at most (60)
    person.py names               prints every name
"""

import sys
import time
import warnings

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

warnings.simplefilter("ignore")
PROGRAM = "drydock"


def application(seconds=30):
    end = time.time() + seconds
    while time.time() < end:
        desktop = Atspi.get_desktop(0)
        for at in range(desktop.get_child_count()):
            found = desktop.get_child_at_index(at)
            if found and (found.get_name() or "").lower() == PROGRAM:
                return found
        time.sleep(0.2)
    sys.exit(f"{PROGRAM} is not on the accessibility bus")


def nodes(node):
    yield node
    for at in range(node.get_child_count()):
        child = node.get_child_at_index(at)
        if child is not None:
            yield from nodes(child)


def texts(node):
    yield node.get_name() or ""
    try:
        text = node.get_text_iface()
        if text:
            yield text.get_text(0, text.get_character_count()) or ""
    except Exception:  # a node that went away while it was looked at
        pass


def find(matches, what, seconds):
    end = time.time() + seconds
    while True:
        try:
            for node in nodes(application()):
                if matches(node):
                    return node
        except Exception:  # the tree changed under the walk: walk again
            pass
        if time.time() > end:
            names = sorted({node.get_name() for node in nodes(application()) if node.get_name()})
            sys.exit(f"no {what} within {seconds} s; there are: " + " | ".join(names))
        time.sleep(0.2)


def main():
    Atspi.init()
    command, *rest = sys.argv[1:]
    if command == "press":
        name, role = rest[0], rest[1] if len(rest) > 1 else None

        def fits(node):
            named = node.get_name() == name and (role is None or node.get_role_name() == role)
            return named and node.get_action_iface() is not None

        node = find(fits, f"'{name}' to press", 30)
        if not node.get_action_iface().do_action(0):
            sys.exit(f"'{name}' could not be pressed")
    elif command == "set":
        name, value = rest[0], float(rest[1])
        node = find(lambda n: n.get_name() == name and n.get_role_name() == "slider", f"slider '{name}'", 30)
        if not node.get_value_iface().set_current_value(value):
            sys.exit(f"slider '{name}' could not be set")
    elif command == "wait":
        text, seconds = rest[0], float(rest[1]) if len(rest) > 1 else 60
        node = find(lambda n: any(text in t for t in texts(n)), f"text '{text}'", seconds)
        print(next(t for t in texts(node) if text in t))
    elif command == "names":
        for node in nodes(application()):
            print(f"{node.get_role_name()}: {node.get_name()}")
    else:
        sys.exit(__doc__)


main()
