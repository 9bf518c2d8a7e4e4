"""The trials that tables are compared with."""
