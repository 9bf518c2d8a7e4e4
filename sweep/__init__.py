"""Which trials, in which order, where they run, how they are kept. It knows no network."""
