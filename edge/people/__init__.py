"""The people of the roster: enrolling them, the gallery that the gate compares with, erasing them."""
