"""The compiled engine: many training runs in lock-step."""
