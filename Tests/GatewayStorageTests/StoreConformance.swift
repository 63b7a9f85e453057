// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayStorage

/// A usage store under test, with a way to see what it holds.
protocol UsageStoreUnderTest {
    var store: any UsageStore { get }
    /// Every row in the order of appending, by column name; times as microseconds.
    func rows() throws -> [[String: QueryValue]]
}

/// An access token store under test, with a second door to the same tokens, as another process has it.
protocol AccessTokenStoreUnderTest {
    var store: any AccessTokenStore { get }
    var otherDoor: any AccessTokenStore { get throws }
    /// What the audit log has, the oldest first.
    func auditRecords() throws -> [AuditRecord]
}

/// A store of responses under test.
protocol ResponseStoreUnderTest {
    var store: any ResponseStore { get }
}

/// Every engine that the conformance suites run against.
///
/// A new engine is a case here.
enum StoreEngine: CaseIterable {
    case memory
    case sqlite

    func makeUsageStore() throws -> any UsageStoreUnderTest {
        switch self {
        case .memory: InMemoryUsageStore()
        case .sqlite: try SQLiteUsageStoreUnderTest()
        }
    }

    func makeResponseStore() throws -> any ResponseStoreUnderTest {
        switch self {
        case .memory: InMemoryResponseStore()
        case .sqlite: try SQLiteResponseStoreUnderTest()
        }
    }

    func makeAccessTokenStore() throws -> any AccessTokenStoreUnderTest {
        switch self {
        case .memory: InMemoryAccessTokenStore()
        case .sqlite: try SQLiteAccessTokenStoreUnderTest()
        }
    }
}

private struct SQLiteUsageStoreUnderTest: UsageStoreUnderTest {
    let scratch = ScratchDirectory()
    let store: any UsageStore

    init() throws {
        store = try SQLiteUsageStore(directory: scratch.data)
    }

    func rows() throws -> [[String: QueryValue]] {
        try scratch.rows("SELECT * FROM usage ORDER BY rowid")
    }
}

private struct SQLiteResponseStoreUnderTest: ResponseStoreUnderTest {
    let scratch = ScratchDirectory()
    let store: any ResponseStore

    init() throws {
        store = try SQLiteResponseStore(directory: scratch.data)
    }
}

private struct SQLiteAccessTokenStoreUnderTest: AccessTokenStoreUnderTest {
    let scratch = ScratchDirectory()
    let store: any AccessTokenStore

    init() throws {
        store = try SQLiteAccessTokenStore(directory: scratch.data)
    }

    var otherDoor: any AccessTokenStore {
        get throws { try SQLiteAccessTokenStore(directory: scratch.data) }
    }

    func auditRecords() throws -> [AuditRecord] {
        try SQLiteCatalogStore(directory: scratch.data).auditRecords(limit: 100).reversed()
    }
}

extension ScratchDirectory {
    /// Reads the usage file as another process does.
    func rows(_ sql: String) throws -> [[String: QueryValue]] {
        var names: [String] = []
        var rows: [[String: QueryValue]] = []
        try SQLiteQueryEngine(directory: data).query(
            sql,
            columns: { names = $0 },
            row: { rows.append(Dictionary(uniqueKeysWithValues: zip(names, $0))) }
        )
        return rows
    }

    /// How many usage rows there are.
    func rowCount() throws -> Int {
        guard case .integer(let count)? = try rows("SELECT count(*) AS n FROM usage").first?["n"] else { return -1 }
        return Int(count)
    }
}
