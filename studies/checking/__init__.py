"""Checking tables and verifying run directories."""
