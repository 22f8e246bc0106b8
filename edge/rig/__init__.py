"""What a camera would see of living heads, and of prints and screens that show them: pictures to try liveness with."""
