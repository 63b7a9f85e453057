// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GRDB
import GatewayCore
import GatewayStorage
import Testing

@Suite("The store's files")
struct SQLiteFileTests {
    private func mode(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? -1
    }

    @Test("Only the gateway's user can read the directory and its files, whatever the umask")
    func modes() throws {
        let scratch = ScratchDirectory()
        let nested = DataDirectory(path: scratch.data.path + "/a/b")
        let usage = try SQLiteUsageStore(directory: nested)
        let tokens = try SQLiteAccessTokenStore(directory: nested)
        try usage.append([Samples.record()])
        #expect(try mode(scratch.data.path) == 0o700)
        #expect(try mode(nested.path) == 0o700)
        let files = try FileManager.default.contentsOfDirectory(atPath: nested.path)
        #expect(files.contains("usage.sqlite-wal"))
        for file in files { #expect(try mode(nested.path + "/" + file) == 0o600, "\(file)") }
        try tokens.check()
    }

    @Test("A directory that exists keeps its mode; a file that others could read does not")
    func existing() throws {
        let scratch = ScratchDirectory()
        try FileManager.default.createDirectory(
            atPath: scratch.data.path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755]
        )
        try SQLiteUsageStore(directory: scratch.data).close()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: scratch.data.usageFile)
        try SQLiteUsageStore(directory: scratch.data).close()
        #expect(try mode(scratch.data.path) == 0o755)
        #expect(try mode(scratch.data.usageFile) == 0o600)
    }

    @Test("A file of a later gateway is refused and left as it is")
    func newer() throws {
        let scratch = ScratchDirectory()
        try SQLiteUsageStore(directory: scratch.data).close()
        try SQLiteAccessTokenStore(directory: scratch.data).close()
        for file in [scratch.data.usageFile, scratch.data.mainFile] {
            try DatabaseQueue(path: file).writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 99") }
        }
        let before = try Data(contentsOf: URL(filePath: scratch.data.usageFile))
        for open in [
            { _ = try SQLiteUsageStore(directory: scratch.data) },
            { _ = try SQLiteAccessTokenStore(directory: scratch.data) },
            { _ = try SQLiteQueryEngine(directory: scratch.data) },
        ] {
            let error = #expect(throws: StorageError.self, performing: open)
            #expect(error?.code == .newerSchema)
            #expect(error?.message.contains("has schema version 99, but this gateway knows versions up to ") == true)
        }
        #expect(try Data(contentsOf: URL(filePath: scratch.data.usageFile)) == before)
    }

    @Test("A database of something else is refused and left as it is")
    func foreign() throws {
        let scratch = ScratchDirectory()
        try scratch.data.create()
        try DatabaseQueue(path: scratch.data.usageFile).write { try $0.execute(sql: "CREATE TABLE theirs (a)") }
        try SQLiteAccessTokenStore(directory: scratch.data).close()
        let other = ScratchDirectory()
        try other.data.create()
        // Ours, but not this one.
        try FileManager.default.copyItem(atPath: scratch.data.mainFile, toPath: other.data.usageFile)
        let third = ScratchDirectory()
        try third.data.create()
        try Data(repeating: 65, count: 5000).write(to: URL(filePath: third.data.usageFile))
        for directory in [scratch, other, third] {
            let before = try Data(contentsOf: URL(filePath: directory.data.usageFile))
            let error = #expect(throws: StorageError.self) { try SQLiteUsageStore(directory: directory.data) }
            #expect(error?.code == .foreignFile)
            #expect(try Data(contentsOf: URL(filePath: directory.data.usageFile)) == before)
        }
    }

    @Test("Any number of processes may open a new directory at once")
    func concurrentFirstStart() async throws {
        for _ in 0..<5 {
            let scratch = ScratchDirectory()
            let data = scratch.data
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try SQLiteUsageStore(directory: data).append([Samples.record(number)])
                        _ = try SQLiteAccessTokenStore(directory: data).accessTokens()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try scratch.rowCount() == 8)
        }
    }

    @Test("The log is cut back once it was large")
    func logIsBounded() throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data)
        func logSize() throws -> Int {
            try FileManager.default.attributesOfItem(atPath: scratch.data.usageFile + "-wal")[.size] as? Int ?? -1
        }
        // Two mebibytes a batch.
        let tags = try Samples.largestTags()
        let records = (0..<64).map { number in
            var record = Samples.record(number)
            record.requestTags = tags
            return record
        }
        // A reader holds the state before the first batch, so the log can only grow.
        let reader = try scratch.otherConnection()
        try reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT count(*) FROM usage") }
        for _ in 0..<14 { try store.append(records) }
        #expect(try logSize() > 20 << 20)
        try reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        for _ in 0..<2 { try store.append(records) }
        #expect(try logSize() <= 16 << 20)
        for _ in 0..<30 { try store.append(records) }
        // One batch may stand above the mark at which the log is copied.
        #expect(try logSize() <= 20 << 20)
    }

    @Test("A path that cannot be a directory gives an error that names it")
    func notADirectory() throws {
        let scratch = ScratchDirectory()
        try scratch.data.create()
        let file = scratch.data.path + "/file"
        try Data().write(to: URL(filePath: file))
        let error = #expect(throws: StorageError.self) { try SQLiteUsageStore(directory: DataDirectory(path: file)) }
        #expect(error?.code == .permission)
        #expect(error?.message.contains(file) == true)
    }
}
