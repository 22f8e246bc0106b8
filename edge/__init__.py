"""The runtime of the devices at a residential community's gates and waste stations."""

__version__ = "0.1.0"
