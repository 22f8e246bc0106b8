"""The local desk: what programs on the same machine may ask of the running daemon.

The page of the device, `edge doctor` and some commands need to see what the daemon sees and to try its parts out, and
must not reach for the hardware that it holds. They ask at a Unix socket, `local.sock` in the runtime directory: one
JSON line, one JSON line back, with perhaps so many bytes after it as its `bytes` says. Only root and the daemon's own
user are heard (`wire.py`). The worker serves one request after the other on a thread of its own, each within bounds of
size and time; what moves something goes through the brain like an order of the office, so that lockdown, fire and an
opened housing win.

Callers use `client.Desk`, and `camera.DeskCamera` for pictures in full. The rest runs in the daemon: `worker.py` the
socket, `desk.py` and, once somebody asks, `operations.py` the answers, `view.py` what a camera sees, `seen.py` the last
readings, `trial.py` trying out, `service.py` whether the page is open to the installer.
"""
