"""The parts of scripts/rehearse-firstboot: a Debian root, a card, a machine that boots from both, and an office."""
