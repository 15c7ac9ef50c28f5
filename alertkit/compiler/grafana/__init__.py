"""A tenant's dashboards, and what makes Grafana find them."""
