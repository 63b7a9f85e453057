// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension SQLiteMigration {
    /// Access tokens.
    static let main001 = SQLiteMigration(
        number: 1,
        summary: "access tokens",
        statements: [
            """
            CREATE TABLE access_token (
                id TEXT NOT NULL PRIMARY KEY,
                hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
                principal TEXT NOT NULL,
                kind TEXT NOT NULL,
                is_administrator INTEGER NOT NULL CHECK (is_administrator IN (0, 1)),
                comment TEXT,
                created_at INTEGER NOT NULL,
                expires_at INTEGER
            ) STRICT
            """
        ]
    )
}
