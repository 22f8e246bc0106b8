"""What looks after a device besides the device itself: jobs that systemd's timers start, and what they leave behind."""
