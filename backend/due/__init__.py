"""What is due: timers of objects, and the one question which environments have which work."""
