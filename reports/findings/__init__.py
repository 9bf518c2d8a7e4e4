"""Findings: sentences that rest on the data."""
