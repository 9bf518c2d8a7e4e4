"""Named questions: which trials, which report; and the command line."""
