#!/bin/sh
# First boot, part one: everything until edge's own first-boot program can be run. Each stage has a unit, which may do no more than
# that stage needs; they follow one another, at every boot until the program says that it is done. A power cut anywhere means that
# they begin again; what is complete is recognised and left alone.
#   start.sh fetch-packages | packages | fetch-device | device
set -eu

card=${EDGE_CARD:-/boot/firmware/edge}
home=${EDGE_HOME:-/opt/edge}
fetched=${EDGE_FETCHED:-/var/cache/edge-firstboot}
venv=$home/.venv
complete=$venv/.edge-complete
wheels=$card/wheels
# Of the distribution: what edge needs and no Python registry carries.
packages=${EDGE_PACKAGES-python3-venv python3-picamera2 python3-lgpio espeak-ng alsa-utils}

say() { printf 'edge: %s\n' "$*"; }

missing() {
  for package in $packages; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

# A mark may reach the disk only after everything that it vouches for.
mark() {
  sync
  : >"$1"
  sync
}

fetch_packages() {
  lacking=$(missing)
  if [ -z "$lacking" ] || [ -d "$card/debs" ] || [ -e "$fetched/packages" ]; then return; fi
  say "fetching packages"
  # apt takes what is there for what it wants if it is as long.
  [ ! -e "$fetched/refused" ] || rm -rf "$fetched/apt" "$fetched/refused"
  mkdir -p "$fetched/lists/partial" "$fetched/apt/archives/partial"
  # In folders of its own, as anybody may: what apt itself keeps is not touched, nor is a half-made installation in its way.
  set -- -qq -o Dir::State::Lists="$fetched/lists" -o Dir::Cache="$fetched/apt" -o Debug::NoLocking=true
  apt-get "$@" update
  # shellcheck disable=SC2086 # the list is meant to fall apart into words
  apt-get "$@" install --yes --no-install-recommends --download-only $lacking
  mark "$fetched/packages"
}

install_packages() {
  [ -n "$(missing)" ] || return 0
  say "installing packages"
  debs=$card/debs
  [ -d "$debs" ] || debs=$fetched/apt/archives
  export DEBIAN_FRONTEND=noninteractive
  # A power cut may have left packages half configured.
  dpkg --configure -a
  # Without the archive's lists: where they know the same version, apt wants it from there and not from the folder.
  apt-get install -y -qq --no-install-recommends -o APT::Sandbox::User=root \
    -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null "$debs"/*.deb || fetch_again packages refused
}

# What was fetched cannot be installed, as after a bad block: the next boot fetches it anew. The folder is another user's, so only a
# name in it is changed.
fetch_again() {
  status=$?
  [ ! -e "$fetched/$1" ] || mv -T "$fetched/$1" "$fetched/$2"
  exit "$status"
}

check_wheels() { (cd "$wheels" && sha256sum --check --quiet --strict SHA256SUMS); }

# Makes an environment, and a file for pip beside it: picamera2 of the distribution does not work with a newer numpy than its own.
make_environment() {
  rm -rf "$1"
  mkdir -p "$(dirname "$1")"
  python3 -m venv --system-site-packages "$1"
  "$1/bin/python" -c 'if True:
    import importlib.metadata, importlib.util
    if importlib.util.find_spec("picamera2") is not None:
        print("numpy==" + importlib.metadata.version("numpy"))
  ' >"$1/constraints.txt"
}

fetch_wheels() {
  if [ -e "$complete" ] || [ ! -e "$wheels/ONLINE" ] || [ -e "$fetched/wheels-complete" ]; then return; fi
  say "fetching wheels"
  check_wheels
  rm -rf "$fetched/wheels"
  make_environment "$fetched/venv"
  # Built where somebody else's program may run without being root.
  "$fetched/venv/bin/python" -m pip wheel --quiet --disable-pip-version-check --no-cache-dir --prefer-binary \
    --constraint "$fetched/venv/constraints.txt" --wheel-dir "$fetched/wheels" "$wheels"/edge-*.whl
  mark "$fetched/wheels-complete"
}

install_edge() {
  [ ! -e "$complete" ] || return 0
  say "installing"
  # What a power cut left half made is not worth mending.
  make_environment "$venv"
  check_wheels
  found=$wheels
  [ ! -e "$wheels/ONLINE" ] || found=$fetched/wheels
  # By its file, never by its name: a registry may have another program of the same name.
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-index --find-links "$found" \
    --constraint "$venv/constraints.txt" "$wheels"/edge-*.whl || fetch_again wheels-complete wheels-refused
  mark "$complete"
  say "installed"
}

case ${1:-} in
  fetch-packages) fetch_packages ;;
  packages) install_packages ;;
  fetch-device) fetch_wheels ;;
  device)
    install_edge
    exec "$venv/bin/python" -m edge.install.firstboot --card "$card" --root "${EDGE_ROOT:-/}"
    ;;
  *)
    echo "usage: start.sh fetch-packages | packages | fetch-device | device" >&2
    exit 2
    ;;
esac
