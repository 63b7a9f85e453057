// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GRDB
import GatewayCore
import GatewayStorage
import NIOCore
import Testing

/// `Fixtures/Released` holds a dump of each file as each released version of its schema made it.
///
/// A new version of a schema needs a new dump (`sqlite3 FILE .dump`, with `application_id` and `user_version` before it); none of the others changes.
@Suite("Files of released schemas")
struct ReleasedSchemaTests {
    /// A kind of database file.
    enum File: String, CaseIterable, Sendable {
        case usage, main, responses

        var schema: SQLiteSchema {
            switch self {
            case .usage: .usage
            case .main: .main
            case .responses: .responses
            }
        }

        func path(in directory: DataDirectory) -> String {
            switch self {
            case .usage: directory.usageFile
            case .main: directory.mainFile
            case .responses: directory.responsesFile
            }
        }

        /// Opens the file as a gateway does, which brings it up to date.
        func open(in directory: DataDirectory) throws {
            let storage = SQLiteStorage(directory: directory)
            switch self {
            case .usage: try storage.openUsage().close()
            case .main: try storage.openAccessTokens().close()
            case .responses: try storage.openResponses().close()
            }
        }

        /// The schema of the file, without the blanks that mean nothing.
        func definitions(in directory: DataDirectory) throws -> [[String]] {
            try DatabaseQueue(path: path(in: directory)).read { try Self.definitions($0) }
        }

        static func definitions(_ database: Database) throws -> [[String]] {
            try Row.fetchAll(database, sql: "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
                .map { row in
                    let sql: String? = row["sql"]
                    let words = sql?.split(whereSeparator: \.isWhitespace).joined(separator: " ") ?? ""
                    return [row["type"], row["name"], row["tbl_name"], words]
                }
        }
    }

    struct Release: CustomTestStringConvertible, Sendable {
        let file: File
        let version: Int

        var testDescription: String { "\(file.rawValue) \(version)" }

        static let all = File.allCases.flatMap { of($0) }

        static func of(_ file: File) -> [Release] {
            file.schema.migrations.map { Release(file: file, version: $0.number) }
        }

        private func dump() throws -> String {
            let name = "Fixtures/Released/\(file.rawValue)-\(version).sql"
            let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: name)
            return try String(contentsOf: path, encoding: .utf8)
        }

        /// Makes the file as that release left it.
        func make(in directory: DataDirectory) throws {
            try directory.create()
            let dump = try dump()
            try DatabaseQueue(path: file.path(in: directory)).writeWithoutTransaction { try $0.execute(sql: dump) }
        }
    }

    @Test("Migrations that have shipped still make what they made", arguments: Release.all)
    func frozen(release: Release) throws {
        let released = ScratchDirectory()
        try release.make(in: released.data)
        let made = try DatabaseQueue().write { database in
            for migration in release.file.schema.migrations where migration.number <= release.version {
                for statement in migration.statements { try database.execute(sql: statement) }
            }
            return try File.definitions(database)
        }
        #expect(try release.file.definitions(in: released.data) == made)
    }

    @Test("A released file that is brought up to date has the schema of a new one", arguments: Release.all)
    func migrated(release: Release) throws {
        let (old, fresh) = (ScratchDirectory(), ScratchDirectory())
        try release.make(in: old.data)
        try release.file.open(in: old.data)
        try release.file.open(in: fresh.data)
        let definitions = try release.file.definitions(in: fresh.data)
        #expect(definitions.count > 1)
        #expect(try release.file.definitions(in: old.data) == definitions)
    }

    @Test("Usage rows of every release can be read, and new ones written beside them", arguments: Release.of(.usage))
    func usageRows(release: Release) throws {
        let scratch = ScratchDirectory()
        try release.make(in: scratch.data)
        let usage = try SQLiteStorage(directory: scratch.data).openUsage()
        try usage.append([Samples.record()])
        let rows = try scratch.rows(#"SELECT * FROM "system.ai_gateway.usage""#)
        #expect(rows.count == 4)
        #expect(rows[1]["event_time"] == .text("2026-11-26 06:23:57.052239"))
        #expect(rows[1]["request_tags"] == .text(#"{"team":"größe"}"#))
        #expect(rows[1]["total_tokens"] == .integer(30))
        #expect(rows[2]["service_name"] == .null)
        #expect(rows[3]["service_name"] == .text("system.ai.gpt-5"))
    }

    @Test("Access tokens of every release are valid still", arguments: Release.of(.main))
    func accessTokens(release: Release) throws {
        let scratch = ScratchDirectory()
        try release.make(in: scratch.data)
        let store = try SQLiteStorage(directory: scratch.data).openAccessTokens()
        let tokens = try store.accessTokens()
        #expect(tokens.map(\.principal) == ["alice@example.com", "app-1"])
        #expect(tokens.map(\.kind) == [.user, .servicePrincipal])
        #expect(tokens.map(\.isAdministrator) == [false, true])
        #expect(tokens.map(\.comment) == ["it's \"mine\"", nil])
        #expect(tokens.map(\.expiresAt) == [1_798_266_234_998_887, nil])
        #expect(tokens.allSatisfy { $0.hash.count == 32 })
    }

    @Test("Stored responses of every release can be read, deleted and counted", arguments: Release.of(.responses))
    func responses(release: Release) async throws {
        let scratch = ScratchDirectory()
        try release.make(in: scratch.data)
        let store = try SQLiteStorage(directory: scratch.data).openResponses()
        let kept = try await store.response(StoredResponse.Key(owner: "ADMINISTRATOR:admin", id: "resp_1"))
        let exchange = StoredResponse.Exchange(
            input: ByteBuffer(string: #""hello""#),
            response: ByteBuffer(string: #"{"id":"resp_1"}"#)
        )
        #expect(kept?.content == .kept(exchange))
        let vendor = StoredResponse.Key(owner: "USER:alice@example.com", id: "resp_2")
        #expect(try await store.response(vendor)?.content == .vendor)
        let large = StoredResponse.Key(owner: "USER:alice@example.com", id: "resp_4")
        #expect(try await store.response(large)?.content == .tooLarge(bytes: 12_345_678))
        #expect(try await store.delete(vendor))
        // What the rows take was added up by the release, or by the step that brought the sums: alice has 512 bytes left, the other 1,611.
        let bounds = ResponseStoreBounds(maximumBytes: 2122, maximumBytesPerOwner: 1611)
        #expect(try await store.prune(createdBefore: 0, within: bounds) == 1)
        #expect(try await store.response(large) != nil)
    }

    @Test("The usage table and its view have every column that rows are written with, in that order")
    func usageColumns() throws {
        let scratch = ScratchDirectory()
        try File.usage.open(in: scratch.data)
        let file = try DatabaseQueue(path: scratch.data.usageFile)
        func columns(_ table: String) throws -> [String] {
            try file.read { try $0.columns(in: table).map { "\($0.name) \($0.type)" } }
        }
        let expected = UsageColumns.all.map { column in
            switch column.storage {
            case .text, .json: "\(column.name) TEXT"
            case .integer, .timestamp: "\(column.name) INTEGER"
            }
        }
        #expect(try columns("usage") == expected)
        let view = try columns("system.ai_gateway.usage").map { $0.split(separator: " ").first.map(String.init) }
        #expect(view == UsageColumns.all.map(\.name))
    }
}
