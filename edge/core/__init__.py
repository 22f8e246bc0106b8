"""What one device decides: its roles side by side, and what every device tells of itself, whatever it is for. Pure."""
