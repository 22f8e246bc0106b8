"""The parts of `scripts/build-models`: from pinned packages to the files under `models/`."""
