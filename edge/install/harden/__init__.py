"""A root file system that is only read, and what has to be written on a partition of its own.

A card that is not written to does not wear out, and a power cut finds nothing half written; what is written lies where
it can be checked and mended apart from the system.
"""
