"""Whether a user's network is right: compared with the reference epoch by epoch."""
