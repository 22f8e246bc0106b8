"""The parts of `scripts/train-waste`: pictures in, one int8 network and its model card out."""
