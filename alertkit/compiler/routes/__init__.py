"""A tenant's part of Alertmanager's configuration."""
