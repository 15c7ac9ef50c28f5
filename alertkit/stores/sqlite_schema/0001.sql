-- Instants are microseconds since 1970 in UTC. What must never be is refused here, whatever the code does.

CREATE TABLE post (
  id INTEGER PRIMARY KEY,
  received INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE pinned_policy (
  id INTEGER PRIMARY KEY,
  body BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE incident (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL,
  closed INTEGER NOT NULL DEFAULT 0,
  tenant TEXT NOT NULL CHECK (tenant <> ''),
  policy TEXT NOT NULL,
  grouped TEXT NOT NULL,
  pinned INTEGER NOT NULL REFERENCES pinned_policy (id),
  state TEXT NOT NULL CHECK (state IN ('firing', 'acknowledged', 'snoozed', 'suppressed', 'resolved')),
  severity TEXT NOT NULL,
  opened INTEGER NOT NULL,
  began INTEGER NOT NULL CHECK (began >= 0),
  position INTEGER NOT NULL CHECK (position >= 0),
  cycle INTEGER NOT NULL CHECK (cycle >= 0),
  acknowledged INTEGER,
  acknowledged_by TEXT NOT NULL,
  snoozed_until INTEGER,
  resolved INTEGER,
  resolved_by TEXT NOT NULL,
  suppressed_until INTEGER,
  suppressed_reason TEXT NOT NULL,
  flaps INTEGER NOT NULL CHECK (flaps >= 0),
  held_until INTEGER,
  UNIQUE (key, closed),
  CHECK (closed = CASE state WHEN 'resolved' THEN id ELSE 0 END),
  CHECK ((state = 'acknowledged') = (acknowledged IS NOT NULL)),
  CHECK (acknowledged IS NOT NULL OR acknowledged_by = ''),
  CHECK ((state = 'snoozed') = (snoozed_until IS NOT NULL)),
  CHECK ((state = 'resolved') = (resolved IS NOT NULL)),
  CHECK (resolved IS NOT NULL OR resolved_by = ''),
  CHECK ((state = 'suppressed') = (suppressed_until IS NOT NULL)),
  CHECK (suppressed_until IS NOT NULL OR suppressed_reason = ''),
  CHECK (resolved IS NULL OR held_until IS NULL)
) STRICT;
CREATE INDEX incident_tenant ON incident (tenant, id);

CREATE TABLE occurrence (
  incident INTEGER NOT NULL REFERENCES incident (id),
  fingerprint TEXT NOT NULL,
  starts INTEGER NOT NULL,
  ends INTEGER,
  severity TEXT NOT NULL,
  post INTEGER NOT NULL REFERENCES post (id),
  UNIQUE (incident, fingerprint, starts)
) STRICT;

CREATE TABLE step (
  id INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL REFERENCES incident (id),
  kind TEXT NOT NULL CHECK (kind IN ('escalate', 'contact', 'refresh', 'closed', 'acknowledge_timeout', 'wake', 'hold')),
  due INTEGER NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 0),
  person TEXT NOT NULL,
  after INTEGER NOT NULL CHECK (after >= 0),
  UNIQUE (incident, kind, position, person, after),
  CHECK ((kind = 'contact') = (person <> ''))
) STRICT;
CREATE INDEX step_due ON step (due);

CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL REFERENCES incident (id),
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  targets TEXT NOT NULL,
  until INTEGER,
  count INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX event_incident ON event (incident);

CREATE TABLE thread (
  id INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL REFERENCES incident (id),
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  secret INTEGER NOT NULL CHECK (secret IN (0, 1)),
  recipient TEXT NOT NULL,
  locale TEXT NOT NULL,
  timezone TEXT NOT NULL,
  opened INTEGER,
  reference TEXT NOT NULL DEFAULT '',
  refused INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1)),
  UNIQUE (incident, channel, address),
  CHECK (opened IS NOT NULL OR reference = '')
) STRICT;

-- A tenant's place: messages of one lane wait for each other, those of two never do. Rewriting goes in a lane of its own, so that
-- what is shown is not kept old by what is new.
CREATE TABLE lane (
  id INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  rewrites INTEGER NOT NULL CHECK (rewrites IN (0, 1)),
  UNIQUE (tenant, channel, address, rewrites)
) STRICT;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  thread INTEGER NOT NULL REFERENCES thread (id),
  lane INTEGER NOT NULL REFERENCES lane (id),
  priority INTEGER GENERATED ALWAYS AS (CASE kind WHEN 'page' THEN 0 WHEN 'note' THEN 1 ELSE 2 END) STORED,
  kind TEXT NOT NULL CHECK (kind IN ('page', 'note', 'refresh')),
  event INTEGER REFERENCES event (id),
  wanted INTEGER NOT NULL,
  due INTEGER NOT NULL CHECK (due >= wanted),
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'sent', 'failed', 'skipped')),
  attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  lease INTEGER,
  done INTEGER,
  reason TEXT NOT NULL DEFAULT '',
  CHECK ((state = 'sending') = (lease IS NOT NULL)),
  CHECK ((state IN ('sent', 'failed', 'skipped')) = (done IS NOT NULL)),
  CHECK (state NOT IN ('sending', 'sent') OR attempt > 0),
  CHECK (state NOT IN ('failed', 'skipped') OR reason <> '')
) STRICT;
CREATE INDEX outbox_due ON outbox (due) WHERE state = 'pending';
CREATE INDEX outbox_lane ON outbox (lane, priority, due) WHERE state = 'pending';
CREATE INDEX outbox_sending ON outbox (lease) WHERE state = 'sending';
CREATE INDEX outbox_unfinished ON outbox (thread, id) WHERE state IN ('pending', 'sending');
CREATE UNIQUE INDEX outbox_refresh ON outbox (thread) WHERE kind = 'refresh' AND state = 'pending';

-- Who is on call instead, told while it runs.
CREATE TABLE duty_override (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL,
  schedule TEXT NOT NULL,
  begins INTEGER NOT NULL,
  ends INTEGER NOT NULL CHECK (ends > begins),
  person TEXT NOT NULL CHECK (person <> ''),
  made_by TEXT NOT NULL,
  made INTEGER NOT NULL
) STRICT;
CREATE INDEX duty_override_ends ON duty_override (ends);
