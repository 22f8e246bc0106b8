"""Hardware behind protocols: one folder per kind, one file per implementation, the simulator among them."""
