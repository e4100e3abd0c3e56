#!/usr/bin/python3
"""Drops files on a window as a file manager does: the source's side of XDND, version 5.

    drop.py WINDOW FILE...
"""

import pathlib
import sys
import time

from Xlib import X, Xatom, display
from Xlib.protocol import event


def main():
    server = display.Display()
    atom = server.intern_atom
    target = server.create_resource_object("window", int(sys.argv[1], 0))
    uris = "".join(pathlib.Path(path).absolute().as_uri() + "\r\n" for path in sys.argv[2:]).encode()
    root = server.screen().root
    source = root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
    uri_list = atom("text/uri-list")
    source.set_selection_owner(atom("XdndSelection"), X.CurrentTime)
    source.change_property(atom("XdndTypeList"), Xatom.ATOM, 32, [uri_list])

    def send(name, data):
        target.send_event(
            event.ClientMessage(window=target, client_type=atom(name), data=(32, data)), event_mask=0
        )
        server.flush()

    corner = target.translate_coords(root, 0, 0)
    size = target.get_geometry()
    x, y = -corner.x + size.width // 2, -corner.y + size.height // 2
    send("XdndEnter", [source.id, 5 << 24, uri_list, 0, 0])
    send("XdndPosition", [source.id, 0, (x << 16) | y, X.CurrentTime, atom("XdndActionCopy")])
    end, dropped = time.time() + 20, False
    while time.time() < end:
        if not server.pending_events():
            time.sleep(0.01)
            continue
        got = server.next_event()
        if got.type == X.SelectionRequest:
            got.requestor.change_property(got.property, uri_list, 8, uris)
            got.requestor.send_event(
                event.SelectionNotify(
                    time=got.time,
                    requestor=got.requestor,
                    selection=got.selection,
                    target=got.target,
                    property=got.property,
                )
            )
            server.flush()
        elif got.type == X.ClientMessage:
            name = server.get_atom_name(got.client_type)
            if name == "XdndStatus" and not dropped:
                if not got.data[1][1] & 1:
                    sys.exit("the window refuses the drop")
                time.sleep(0.3)
                send("XdndDrop", [source.id, 0, X.CurrentTime, 0, 0])
                dropped = True
            elif name == "XdndFinished":
                return
    sys.exit("the window did not take the drop within 20 s")


main()
