// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension SQLiteMigration {
    /// The sum of each owner's bytes, kept by triggers, and what finds an owner's oldest answer.
    static let responses002 = SQLiteMigration(
        number: 2,
        summary: "bytes of each owner",
        statements: [
            "CREATE INDEX response_by_owner ON response (owner, created_at, number)",
            "CREATE TABLE owner_total (owner TEXT NOT NULL PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID",
            "INSERT INTO owner_total (owner, bytes) SELECT owner, sum(bytes) FROM response GROUP BY owner",
            "CREATE INDEX owner_by_bytes ON owner_total (bytes)",
            """
            CREATE TRIGGER response_insert_owner AFTER INSERT ON response
            BEGIN
                INSERT INTO owner_total (owner, bytes) VALUES (new.owner, new.bytes)
                ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
            END
            """,
            """
            CREATE TRIGGER response_delete_owner AFTER DELETE ON response
            BEGIN
                UPDATE owner_total SET bytes = bytes - old.bytes WHERE owner = old.owner;
                DELETE FROM owner_total WHERE owner = old.owner AND bytes <= 0;
            END
            """,
        ]
    )
}
