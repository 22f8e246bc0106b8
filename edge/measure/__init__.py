"""Measuring: accuracy on the user's own pictures, speed on this device. Knows vision; nothing knows it but commands."""
