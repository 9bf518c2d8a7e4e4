"""Settings, sample orders, schedules, and the readable training loop."""
