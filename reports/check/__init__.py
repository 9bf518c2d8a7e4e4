"""Tables that people made: read, and compared with repeated runs."""
