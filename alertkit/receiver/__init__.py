"""The service that takes alerts, keeps incidents and escalates them."""
