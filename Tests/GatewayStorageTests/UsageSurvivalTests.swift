// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayStorage
import Testing

@Suite("Usage rows and the end of the process")
struct UsageSurvivalTests {
    @Test("Rows are there when the process is killed right after they were appended")
    func killedAfterAppend() async throws {
        let scratch = ScratchDirectory()
        let path = scratch.data.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try SQLiteUsageStore(directory: DataDirectory(path: path))
            try store.append((0..<100).map { Samples.record($0) })
            try store.append((100..<137).map { Samples.record($0) })
            raise(SIGKILL)
        }
        #expect(try scratch.rowCount() == 137)
        // The next start goes on where it ended.
        try SQLiteUsageStore(directory: scratch.data).append([Samples.record(137)])
        #expect(try scratch.rowCount() == 138)
    }

    @Test("A process that is killed while it appends leaves whole batches, and all that were acknowledged")
    func killedWhileAppending() async throws {
        let scratch = ScratchDirectory()
        let path = scratch.data.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try SQLiteUsageStore(directory: DataDirectory(path: path))
            let records = (0..<500).map { Samples.record($0) }
            let note = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            let killer = Thread {
                // Some batches in; where exactly is left to chance.
                while (try? FileManager.default.attributesOfItem(atPath: path + "/acknowledged")[.size] as? Int) ?? 0
                    < 20
                {}
                raise(SIGKILL)
            }
            killer.start()
            while true {
                try store.append(records)
                write(note, "x", 1)
            }
        }
        let acknowledged = try Data(contentsOf: URL(filePath: path + "/acknowledged")).count
        let rows = try scratch.rowCount()
        #expect(rows.isMultiple(of: 500))
        #expect(rows >= acknowledged * 500)
        #expect(acknowledged >= 20)
    }

    @Test("A log that was torn anywhere costs batches at its end and nothing else")
    func tornLog() async throws {
        let scratch = ScratchDirectory()
        let path = scratch.data.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try SQLiteUsageStore(directory: DataDirectory(path: path))
            for _ in 0..<5 { try store.append((0..<50).map { Samples.record($0) }) }
            raise(SIGKILL)
        }
        let whole = try Data(contentsOf: URL(filePath: scratch.data.usageFile + "-wal"))
        for tear in Array(stride(from: 0, to: whole.count, by: 20_011)) + [whole.count] {
            let copy = ScratchDirectory()
            try copy.data.create()
            try FileManager.default.copyItem(atPath: scratch.data.usageFile, toPath: copy.data.usageFile)
            try whole.prefix(tear).write(to: URL(filePath: copy.data.usageFile + "-wal"))
            try SQLiteUsageStore(directory: copy.data).append([Samples.record()])
            let rows = try copy.rowCount()
            #expect(rows % 50 == 1)
            #expect(tear < whole.count || rows == 251)
        }
    }

    @Test("Closing leaves one file with every row in it")
    func close() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data)
        try store.append((0..<10).map { Samples.record($0) })
        try store.check()
        try store.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.data.path) == ["usage.sqlite"])
        #expect(throws: StorageError.self) { try store.append([Samples.record()]) }
        #expect(throws: StorageError.self) { try store.check() }
        #expect(try scratch.rowCount() == 10)
    }
}
