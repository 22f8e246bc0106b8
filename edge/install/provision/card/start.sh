#!/bin/sh
# First boot, part one: everything until edge's own first-boot program can be run. Started by edge-firstboot.service at
# every boot until that program says that it is done. A power cut anywhere means that this begins again; what is complete
# is recognised and left alone.
set -eu

card=${EDGE_CARD:-/boot/firmware/edge}
home=${EDGE_HOME:-/opt/edge}
venv=$home/.venv
complete=$venv/.edge-complete

say() { printf 'edge: %s\n' "$*"; }

# Where it is not on the card, it was taken over before the card was tidied up.
wheels=$card/wheels

if [ ! -e "$complete" ]; then
  say "installing"
  # What a power cut left half made is not worth mending.
  rm -rf "$venv"
  mkdir -p "$home"
  python3 -m venv --system-site-packages "$venv"
  constraint=$venv/constraints.txt
  : >"$constraint"
  # picamera2 of the distribution does not work with a newer numpy than its own.
  if "$venv/bin/python" -c 'import picamera2' 2>/dev/null; then
    "$venv/bin/python" -c 'import numpy; print(f"numpy=={numpy.__version__}")' >"$constraint"
  fi
  if [ -d "$wheels" ]; then
    (cd "$wheels" && sha256sum --check --quiet --strict SHA256SUMS)
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$wheels" \
      --constraint "$constraint" edge
  else
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --constraint "$constraint" edge
  fi
  # The mark may reach the disk only after everything that it vouches for.
  sync
  : >"$complete"
  sync
  say "installed"
fi

exec "$venv/bin/python" -m edge.install.firstboot --card "$card"
