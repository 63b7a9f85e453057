// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GRDB
import GatewayCore
import GatewayStorage
import Testing

@Suite("How long usage rows are kept")
struct UsageRetentionTests {
    private func records(_ count: Int, at time: Int64) -> [UsageRecord] {
        (0..<count).map { number in
            var record = Samples.record(number)
            record.eventTime = time
            return record
        }
    }

    private func size(_ scratch: ScratchDirectory) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: scratch.data.usageFile)[.size] as? Int ?? -1
    }

    @Test("Rows that are too old go piece by piece, and no others")
    func age() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data)
        try store.append(records(5000, at: 100))
        // A long call ends after later ones.
        try store.append(records(10, at: 300) + records(10, at: 199) + records(50, at: 200))
        var calls = 0
        while case let pruned = try store.prune(before: 200, maximumBytes: .max), pruned != PrunedUsage() {
            #expect(pruned.excess == 0)
            calls += 1
        }
        #expect(calls >= 3)
        #expect(try scratch.rowCount() == 60)
        #expect(try scratch.rows("SELECT min(event_time) AS t FROM usage").first?["t"] == .integer(200))
    }

    @Test("A row from the future, which a wrong clock wrote, keeps no others from going")
    func future() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data)
        try store.append(records(100, at: .max / 2) + records(100, at: 100))
        #expect(try store.prune(before: 200, maximumBytes: .max) == PrunedUsage(expired: 100))
        #expect(try scratch.rowCount() == 100)
    }

    @Test(
        "Beyond its bytes the table loses its oldest rows, little more than it must, and the file does not stay at its peak"
    )
    func bytes() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data)
        let bound = 4 << 20
        var deleted = 0
        for batch in 0..<40 {
            try store.append(records(500, at: Int64(batch)))
            while case let pruned = try store.prune(before: 0, maximumBytes: bound), pruned != PrunedUsage() {
                #expect(pruned.expired == 0)
                deleted += pruned.excess
            }
        }
        let left = try scratch.rowCount()
        #expect(left + deleted == 20_000)
        #expect(deleted > 0)
        // Nearly as many as fit: a row takes about 700 bytes.
        #expect(left > 4000)
        #expect(try scratch.rows("SELECT max(event_time) AS t FROM usage").first?["t"] == .integer(39))
        for _ in 0..<20 { _ = try store.prune(before: 0, maximumBytes: bound) }
        #expect(try size(scratch) < 8 << 20)
        while try store.prune(before: .max, maximumBytes: bound) != PrunedUsage() {}
        for _ in 0..<20 { _ = try store.prune(before: .max, maximumBytes: bound) }
        #expect(try scratch.rowCount() == 0)
        #expect(try size(scratch) < 2 << 20)
    }

    @Test("While another process reads, rows still go")
    func reader() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data, busySeconds: 0.2)
        try store.append(records(3000, at: 100))
        let reader = try scratch.otherConnection()
        try reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT count(*) FROM usage") }
        while try store.prune(before: 200, maximumBytes: .max) != PrunedUsage() {}
        #expect(try scratch.rowCount() == 0)
        try store.append(records(1, at: 300))
        try reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        #expect(try scratch.rowCount() == 1)
    }

    @Test("A small file of an earlier gateway can give pages back too")
    func earlierFile() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data)
        try store.append(records(3000, at: 100))
        try store.close()
        let queue = try scratch.otherConnection()
        try queue.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM")
        }
        try queue.close()
        let again = try SQLiteUsageStore(directory: scratch.data)
        while try again.prune(before: 200, maximumBytes: .max) != PrunedUsage() {}
        for _ in 0..<5 { _ = try again.prune(before: 200, maximumBytes: .max) }
        #expect(try size(scratch) < 2 << 20)
        try again.append(records(3, at: 300))
        #expect(try scratch.rowCount() == 3)
    }
}
