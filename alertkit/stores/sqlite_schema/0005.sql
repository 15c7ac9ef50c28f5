-- What is needed to forget incidents that were closed long ago without looking at all the others.
CREATE INDEX incident_resolved ON incident (resolved) WHERE closed > 0;
CREATE INDEX outbox_event ON outbox (event) WHERE event IS NOT NULL;
