"""One experiment: plan, results, report, run directory."""
