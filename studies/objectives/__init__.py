"""What a sweep trains: the network or the polynomial."""
