// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GRDB
import GatewayCore
import GatewayStorage
import Testing

@Suite("Usage rows when the store fails")
struct UsageFailureTests {
    private let records = (0..<200).map { Samples.record($0) }

    @Test("While another process holds the lock appending throws, and afterwards the same rows go in once")
    func locked() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data, busySeconds: 0.05)
        let other = try scratch.otherConnection()
        try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        for _ in 0..<2 {
            let error = #expect(throws: StorageError.self) { try store.append(records) }
            #expect(error?.code == .busy)
        }
        try other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try store.append(records)
        #expect(try scratch.rowCount() == 200)
    }

    @Test("A lock that is let go in time only delays")
    func waits() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data, busySeconds: 60)
        let other = try scratch.otherConnection()
        try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let release = Thread {
            usleep(50_000)
            try? other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        }
        release.start()
        try store.append(records)
        #expect(try scratch.rowCount() == 200)
    }

    @Test("A full file takes all of a batch or none of it, and goes on when there is room")
    func full() throws {
        let scratch = ScratchDirectory()
        let small = try SQLiteUsageStore(directory: scratch.data, maximumBytes: 1 << 20)
        var batches = 0
        let error = #expect(throws: StorageError.self) {
            for _ in 0..<100 {
                try small.append(records)
                batches += 1
            }
        }
        #expect(error?.code == .full)
        #expect(batches > 0)
        #expect(try scratch.rowCount() == batches * 200)
        // A smaller batch still fits, so the store was not left in a bad state.
        try small.append([Samples.record()])
        try small.close()
        try SQLiteUsageStore(directory: scratch.data).append(records)
        #expect(try scratch.rowCount() == batches * 200 + 201)
    }

    @Test("When the system refuses to write, appending throws, and the same rows go in once it allows it again")
    func writeFails() async throws {
        let scratch = ScratchDirectory()
        let path = scratch.data.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            let store = try SQLiteUsageStore(directory: DataDirectory(path: path))
            let records = (0..<200).map { Samples.record($0) }
            try store.append(records)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit()
            getrlimit(Self.fileSize, &limit)
            let usual = limit.rlim_cur
            limit.rlim_cur = 300_000
            setrlimit(Self.fileSize, &limit)
            for _ in 0..<3 { #expect(throws: StorageError.self) { try store.append(records) } }
            limit.rlim_cur = usual
            setrlimit(Self.fileSize, &limit)
            try store.append(records)
            try store.close()
        }
        #expect(try scratch.rowCount() == 400)
    }

    #if os(Linux)
    private static var fileSize: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_FSIZE.rawValue) }
    #else
    private static var fileSize: Int32 { RLIMIT_FSIZE }
    #endif

    @Test("A file that was deleted or moved is noticed before rows vanish into it")
    func moved() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data)
        try store.append(records)
        try store.check()
        try FileManager.default.moveItem(atPath: scratch.data.usageFile, toPath: scratch.data.path + "/elsewhere")
        for use in [{ try store.append(records) }, { try store.check() }] {
            let error = #expect(throws: StorageError.self, performing: use)
            #expect(error?.code == .moved)
        }
    }

    @Test("A damaged file gives errors and no crash")
    func damaged() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data)
        for _ in 0..<3 { try store.append(records) }
        try store.close()
        let whole = try Data(contentsOf: URL(filePath: scratch.data.usageFile))
        for seed in 0..<40 {
            var bytes = whole
            let start = (seed * 7919) % bytes.count
            let end = min(bytes.count, start + 3000)
            for index in start..<end { bytes[index] = UInt8(truncatingIfNeeded: index &* 31 &+ seed) }
            let copy = ScratchDirectory()
            try copy.data.create()
            try bytes.write(to: URL(filePath: copy.data.usageFile))
            do {
                try SQLiteUsageStore(directory: copy.data).append(records)
                _ = try copy.rows("SELECT * FROM usage")
            } catch is StorageError {
            } catch is QueryError {
            }
        }
    }
}
