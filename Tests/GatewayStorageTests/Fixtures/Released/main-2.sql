-- gatehouse.sqlite as schema version 2 made it, with rows. Frozen: a released file looks like this for ever.
PRAGMA application_id = 1195928942;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE access_token (
    id TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    principal TEXT NOT NULL,
    kind TEXT NOT NULL,
    is_administrator INTEGER NOT NULL CHECK (is_administrator IN (0, 1)),
    comment TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
, created_by TEXT, purpose TEXT NOT NULL DEFAULT 'TOKEN') STRICT;
INSERT INTO access_token VALUES('b7f935d0-6ce9-45d4-aa58-dcd1772e9487',X'5eceaa2c08c92d0e283b5853e340e4c2c2c3f3fc4d97197fceb61c865ccbf633','alice@example.com','USER',0,'it''s "mine"',1795674234998887,1798266234998887,NULL,'TOKEN');
INSERT INTO access_token VALUES('2fcf7555-e150-4959-b1e9-b9402aff15e3',X'ce287b90339b8bdc8a0e29c34dad28ceabcf8996c61d3af4b0d4c5404fc768ad','app-1','SERVICE_PRINCIPAL',1,NULL,1795674235020357,NULL,NULL,'TOKEN');
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    event_time INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    source_ip_address TEXT,
    user_agent TEXT,
    request_id TEXT,
    service_name TEXT NOT NULL,
    action_name TEXT NOT NULL,
    target TEXT NOT NULL,
    old_value TEXT,
    new_value TEXT,
    status_code INTEGER NOT NULL
) STRICT;
CREATE TABLE membership (
    group_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    PRIMARY KEY (group_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE object (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    comment TEXT,
    properties TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    revision INTEGER NOT NULL,
    definition TEXT NOT NULL,
    secrets BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;
CREATE TABLE principal (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT,
    external_id TEXT,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    is_administrator INTEGER NOT NULL CHECK (is_administrator IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE privilege (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    principal TEXT NOT NULL,
    granted TEXT NOT NULL,
    denied TEXT NOT NULL,
    PRIMARY KEY (kind, name, principal)
) STRICT, WITHOUT ROWID;
CREATE TABLE sealed (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE version (name TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "version" VALUES('access_token',0);
INSERT INTO "version" VALUES('catalog',0);
CREATE TRIGGER access_token_insert AFTER INSERT ON access_token
BEGIN UPDATE version SET number = number + 1 WHERE name = 'access_token'; END;
CREATE TRIGGER access_token_update AFTER UPDATE ON access_token
BEGIN UPDATE version SET number = number + 1 WHERE name = 'access_token'; END;
CREATE TRIGGER access_token_delete AFTER DELETE ON access_token
BEGIN UPDATE version SET number = number + 1 WHERE name = 'access_token'; END;
CREATE INDEX membership_by_member ON membership (member_id);
CREATE VIEW "system.access.audit" AS SELECT
    strftime('%Y-%m-%d %H:%M:%S', event_time / 1000000, 'unixepoch') || printf('.%06d', event_time % 1000000) AS event_time,
    strftime('%Y-%m-%d', event_time / 1000000, 'unixepoch') AS event_date,
    source_ip_address,
    user_agent,
    json_object('email', actor) AS user_identity,
    service_name,
    action_name,
    request_id,
    json_object('target', target, 'old_value', old_value, 'new_value', new_value) AS request_params,
    json_object('status_code', status_code) AS response,
    'WORKSPACE_LEVEL' AS audit_level,
    event_id
FROM audit;
COMMIT;
