"""The wiring drawings of docs/, as programs: a pin that changes is changed in one place, and lines stay straight."""
