-- gatehouse.sqlite as schema version 1 made it, with rows. Frozen: a released file looks like this for ever.
PRAGMA application_id = 1195928942;
PRAGMA user_version = 1;
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
) STRICT;
INSERT INTO access_token VALUES('b7f935d0-6ce9-45d4-aa58-dcd1772e9487',X'5eceaa2c08c92d0e283b5853e340e4c2c2c3f3fc4d97197fceb61c865ccbf633','alice@example.com','USER',0,'it''s "mine"',1795674234998887,1798266234998887);
INSERT INTO access_token VALUES('2fcf7555-e150-4959-b1e9-b9402aff15e3',X'ce287b90339b8bdc8a0e29c34dad28ceabcf8996c61d3af4b0d4c5404fc768ad','app-1','SERVICE_PRINCIPAL',1,NULL,1795674235020357,NULL);
COMMIT;
