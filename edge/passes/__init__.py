"""Passes on a phone or on paper: signed by the office, read by the gate's camera, verified without the network."""
