"""From one description of a device to everything that its card carries besides the operating system."""
