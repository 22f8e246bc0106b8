"""From configuration to parts: a file for each kind, where a table's `driver` names the implementation that is made."""
