"""promtool's cases of a tenant's rules, derived from the rules themselves."""
