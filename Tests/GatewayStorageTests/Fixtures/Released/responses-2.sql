-- responses.sqlite as schema version 2 made it, with rows. Frozen: a released file looks like this for ever.
PRAGMA application_id = 1195930227;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE response (
    number INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    service TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('KEPT', 'VENDOR', 'TOO_LARGE')),
    size INTEGER NOT NULL,
    input BLOB,
    response BLOB,
    UNIQUE (id, owner)
) STRICT;
INSERT INTO response VALUES(1,'ADMINISTRATOR:admin','resp_1',1795674237042588,'system.ai.gpt-5','system.providers.simulator-openai','gpt-5',1611,'KEPT',0,X'2268656c6c6f22',X'7b226964223a22726573705f31227d');
INSERT INTO response VALUES(2,'USER:alice@example.com','resp_2',1795674237042589,'system.ai.gpt-5','system.providers.openai','gpt-5',512,'VENDOR',0,NULL,NULL);
INSERT INTO response VALUES(4,'USER:alice@example.com','resp_4',1795674237042590,'system.ai.gpt-5','system.providers.openai','gpt-5',512,'TOO_LARGE',12345678,NULL,NULL);
CREATE TABLE total (bytes INTEGER NOT NULL) STRICT;
INSERT INTO total VALUES(2635);
CREATE TABLE owner_total (owner TEXT NOT NULL PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO owner_total VALUES('ADMINISTRATOR:admin',1611);
INSERT INTO owner_total VALUES('USER:alice@example.com',1024);
CREATE INDEX response_by_age ON response (created_at, number);
CREATE TRIGGER response_insert AFTER INSERT ON response
BEGIN UPDATE total SET bytes = bytes + new.bytes; END;
CREATE TRIGGER response_delete AFTER DELETE ON response
BEGIN UPDATE total SET bytes = bytes - old.bytes; END;
CREATE INDEX response_by_owner ON response (owner, created_at, number);
CREATE INDEX owner_by_bytes ON owner_total (bytes);
CREATE TRIGGER response_insert_owner AFTER INSERT ON response
BEGIN
    INSERT INTO owner_total (owner, bytes) VALUES (new.owner, new.bytes)
    ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER response_delete_owner AFTER DELETE ON response
BEGIN
    UPDATE owner_total SET bytes = bytes - old.bytes WHERE owner = old.owner;
    DELETE FROM owner_total WHERE owner = old.owner AND bytes <= 0;
END;
COMMIT;
