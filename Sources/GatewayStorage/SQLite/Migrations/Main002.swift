// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension SQLiteMigration {
    /// The catalogue: objects, principals, grants, the audit log, and the versions by which other processes see a change.
    static let main002 = SQLiteMigration(
        number: 2,
        summary: "the catalogue and the audit log",
        statements: [
            "CREATE TABLE version (name TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID",
            "INSERT INTO version (name, number) VALUES ('catalog', 0), ('access_token', 0)",
            """
            CREATE TRIGGER access_token_insert AFTER INSERT ON access_token
            BEGIN UPDATE version SET number = number + 1 WHERE name = 'access_token'; END
            """,
            """
            CREATE TRIGGER access_token_update AFTER UPDATE ON access_token
            BEGIN UPDATE version SET number = number + 1 WHERE name = 'access_token'; END
            """,
            """
            CREATE TRIGGER access_token_delete AFTER DELETE ON access_token
            BEGIN UPDATE version SET number = number + 1 WHERE name = 'access_token'; END
            """,
            "ALTER TABLE access_token ADD COLUMN created_by TEXT",
            "ALTER TABLE access_token ADD COLUMN purpose TEXT NOT NULL DEFAULT 'TOKEN'",
            "CREATE TABLE sealed (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT",
            """
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
            ) STRICT
            """,
            """
            CREATE TABLE principal (
                id INTEGER PRIMARY KEY,
                kind TEXT NOT NULL,
                name TEXT NOT NULL UNIQUE,
                display_name TEXT,
                external_id TEXT,
                is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
                is_administrator INTEGER NOT NULL CHECK (is_administrator IN (0, 1)),
                created_at INTEGER NOT NULL
            ) STRICT
            """,
            """
            CREATE TABLE membership (
                group_id INTEGER NOT NULL,
                member_id INTEGER NOT NULL,
                PRIMARY KEY (group_id, member_id)
            ) STRICT, WITHOUT ROWID
            """,
            "CREATE INDEX membership_by_member ON membership (member_id)",
            """
            CREATE TABLE privilege (
                kind TEXT NOT NULL,
                name TEXT NOT NULL,
                principal TEXT NOT NULL,
                granted TEXT NOT NULL,
                denied TEXT NOT NULL,
                PRIMARY KEY (kind, name, principal)
            ) STRICT, WITHOUT ROWID
            """,
            """
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
            ) STRICT
            """,
            """
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
            FROM audit
            """,
        ]
    )
}
