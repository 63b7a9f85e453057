// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// One step of a database file's schema, never changed once it has shipped: its statements are plain text that derives from nothing.
///
/// Steps only add: a file that a later version wrote is refused, not repaired, and an earlier file loses nothing.
package struct SQLiteMigration: Sendable {
    /// Counts from 1 without gaps; the file's `user_version` once the step is done.
    package let number: Int
    /// What the step does, for messages.
    let summary: String
    /// What to run, in order, in one transaction.
    package let statements: [String]
}

/// What one kind of database file looks like.
package struct SQLiteSchema: Sendable {
    /// Stands in the file's header and tells our files from anybody else's.
    let applicationID: Int32
    package let migrations: [SQLiteMigration]

    /// The version that a file of this schema ends up with.
    var version: Int { migrations.count }
}

extension SQLiteSchema {
    /// `usage.sqlite`; its id is "GHus" in ASCII.
    package static let usage = SQLiteSchema(
        applicationID: 0x4748_7573,
        migrations: [.usage001, .usage002]
    )

    /// `gatehouse.sqlite`; its id is "GHmn" in ASCII.
    package static let main = SQLiteSchema(
        applicationID: 0x4748_6D6E,
        migrations: [.main001, .main002]
    )

    /// `responses.sqlite`; its id is "GHrs" in ASCII.
    package static let responses = SQLiteSchema(
        applicationID: 0x4748_7273,
        migrations: [.responses001, .responses002]
    )
}
