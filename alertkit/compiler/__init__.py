"""From definitions to the files that Prometheus, Alertmanager, Grafana and the receiver read. `api` is the way in."""
