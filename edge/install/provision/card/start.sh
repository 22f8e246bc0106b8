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

wheels=$card/wheels
# Of the distribution: what edge needs and no Python registry carries.
packages=${EDGE_PACKAGES-python3-venv python3-picamera2 python3-lgpio espeak-ng alsa-utils}

if [ ! -e "$complete" ]; then
  say "installing"
  missing=""
  for package in $packages; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    export DEBIAN_FRONTEND=noninteractive
    # A power cut may have left packages half configured.
    dpkg --configure -a
    if [ -d "$card/debs" ]; then
      # Without the archive's lists: where they know the same version, apt wants it from there and not from the card.
      apt-get install -y -qq --no-install-recommends \
        -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null "$card"/debs/*.deb
    else
      # shellcheck disable=SC2086 # the list is meant to fall apart into words
      apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing
    fi
  fi
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
  (cd "$wheels" && sha256sum --check --quiet --strict SHA256SUMS)
  # By its file, never by its name: a registry may have another program of the same name.
  set -- "$wheels"/edge-*.whl
  registry=--no-index
  if [ -e "$wheels/ONLINE" ]; then registry=--prefer-binary; fi
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$registry" --find-links "$wheels" \
    --constraint "$constraint" "$1"
  # The mark may reach the disk only after everything that it vouches for.
  sync
  : >"$complete"
  sync
  say "installed"
fi

exec "$venv/bin/python" -m edge.install.firstboot --card "$card" --root "${EDGE_ROOT:-/}"
