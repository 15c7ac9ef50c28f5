-- Tables that are only ever found by their key have no rowid: one tree less to write. Their key's columns come first, because
-- the integrity check of SQLite 3.40 takes the wrong column for NULL otherwise.

CREATE TABLE occurrence_keyed (
  incident INTEGER NOT NULL REFERENCES incident (id),
  fingerprint TEXT NOT NULL,
  starts INTEGER NOT NULL,
  ends INTEGER,
  severity TEXT NOT NULL,
  post INTEGER NOT NULL,
  PRIMARY KEY (incident, fingerprint, starts)
) STRICT, WITHOUT ROWID;
INSERT INTO occurrence_keyed SELECT incident, fingerprint, starts, ends, severity, post FROM occurrence;
DROP TABLE occurrence;
ALTER TABLE occurrence_keyed RENAME TO occurrence;

CREATE TABLE step_keyed (
  incident INTEGER NOT NULL REFERENCES incident (id),
  kind TEXT NOT NULL CHECK (kind IN ('escalate', 'contact', 'refresh', 'closed', 'acknowledge_timeout', 'wake', 'hold')),
  position INTEGER NOT NULL CHECK (position >= 0),
  person TEXT NOT NULL,
  after INTEGER NOT NULL CHECK (after >= 0),
  due INTEGER NOT NULL,
  PRIMARY KEY (incident, kind, position, person, after),
  CHECK ((kind = 'contact') = (person <> ''))
) STRICT, WITHOUT ROWID;
INSERT INTO step_keyed SELECT incident, kind, position, person, after, due FROM step;
DROP TABLE step;
ALTER TABLE step_keyed RENAME TO step;
CREATE INDEX step_due ON step (due);

-- `incidents` is how many of them have an occurrence that it told of last; with the last of them it goes. No foreign key leads here:
-- a key would want an index as large as the table of occurrences, to be written with every alert.
CREATE TABLE post_counted (
  id INTEGER PRIMARY KEY,
  incidents INTEGER NOT NULL CHECK (incidents >= 0),
  received INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
INSERT INTO post_counted
  SELECT post.id, told.incidents, post.received, post.body
  FROM post JOIN (SELECT post, count(DISTINCT incident) AS incidents FROM occurrence GROUP BY post) AS told ON told.post = post.id;
DROP TABLE post;
ALTER TABLE post_counted RENAME TO post;

CREATE INDEX outbox_thread ON outbox (thread, id);
