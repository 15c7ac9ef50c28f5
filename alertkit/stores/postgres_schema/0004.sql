-- The W3C trace of the webhook that opened an incident.
ALTER TABLE incident ADD COLUMN trace text NOT NULL DEFAULT '';
