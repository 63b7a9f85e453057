// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayStorage
import Testing

@Suite("Storage engines")
struct StorageEngineTests {
    @Test("A path is a data directory, whatever it looks like", arguments: ["relative/a", "/x/1://y", "a b://c"])
    func directory(path: String) throws {
        #expect(try StorageEngines.storage(at: path).place == path)
    }

    @Test("A URL that no engine takes is refused by its scheme; the rest of it is not repeated")
    func unknownScheme() {
        let error = #expect(throws: StorageError.self) {
            try StorageEngines.storage(at: "Mongo+srv://user:secret@host/db")
        }
        #expect(error?.message.hasPrefix("There is no storage engine for `mongo+srv://`.") == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test("The default location follows the environment")
    func defaultLocation() {
        #expect(StorageEngines.defaultLocation(environment: ["XDG_DATA_HOME": "/x", "HOME": "/h"]) == "/x/gatehouse")
        #expect(
            StorageEngines.defaultLocation(environment: ["XDG_DATA_HOME": "relative", "HOME": "/h"])
                == "/h/.local/share/gatehouse"
        )
        #expect(StorageEngines.defaultLocation(environment: [:]) == nil)
    }

    @Test("A storage makes each store where it is, and reads there what was written")
    func stores() async throws {
        let scratch = ScratchDirectory()
        let storage = try StorageEngines.storage(at: scratch.data.path)
        let empty = #expect(throws: StorageError.self) { try storage.openQueries(limits: QueryLimits()) }
        #expect(empty?.code == .notFound)
        let usage = try storage.openUsage()
        try usage.append([Samples.record()])
        #expect(try storage.openAccessTokens().accessTokens().isEmpty)
        let key = StoredResponse.Key(owner: "USER:alice", id: "resp_1")
        #expect(try await storage.openResponses().response(key) == nil)
        var count: [QueryValue] = []
        try storage.openQueries(limits: QueryLimits())
            .query(#"SELECT count(*) FROM "system.ai_gateway.usage""#, columns: { _ in }, row: { count += $0 })
        #expect(count == [.integer(1)])
        try storage.checkRoom()
    }

    @Test("The executable knows stores by protocol: it names no engine")
    func executable() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/gatehouse")
        let files = try FileManager.default.contentsOfDirectory(at: root.standardized, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "swift" }
        #expect(files.count > 10)
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            for name in ["SQLite", "GRDB", "DataDirectory", "Postgre"] {
                #expect(!text.contains(name), "\(file.lastPathComponent) names \(name).")
            }
        }
    }
}
