// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension SQLiteMigration {
    /// Stored answers, and the sum of their bytes, kept by triggers so that nobody has to add them up.
    static let responses001 = SQLiteMigration(
        number: 1,
        summary: "stored responses",
        statements: [
            """
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
            ) STRICT
            """,
            "CREATE INDEX response_by_age ON response (created_at, number)",
            "CREATE TABLE total (bytes INTEGER NOT NULL) STRICT",
            "INSERT INTO total (bytes) VALUES (0)",
            """
            CREATE TRIGGER response_insert AFTER INSERT ON response
            BEGIN UPDATE total SET bytes = bytes + new.bytes; END
            """,
            """
            CREATE TRIGGER response_delete AFTER DELETE ON response
            BEGIN UPDATE total SET bytes = bytes - old.bytes; END
            """,
        ]
    )
}
