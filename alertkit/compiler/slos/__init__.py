"""Service level objectives as recording rules and burn-rate alerts."""
