// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GRDB
import GatewayCore
import GatewayStorage
import NIOCore
import Testing

@Suite("Response stores")
struct ResponseStoreConformanceTests {
    private func response(
        _ id: String,
        of owner: String = "USER:alice",
        at time: Int64 = 1_793_500_000_000_000,
        _ content: StoredResponse.Content = .vendor
    ) -> StoredResponse {
        StoredResponse(
            key: StoredResponse.Key(owner: owner, id: id),
            createdAt: time,
            service: "system.ai.gpt-5",
            provider: "system.providers.openai",
            model: "gpt-5",
            content: content
        )
    }

    private func kept(bytes: Int) -> StoredResponse.Content {
        .kept(
            StoredResponse.Exchange(
                input: ByteBuffer(string: #""it's \u0000 \"mine\"""#),
                response: ByteBuffer(repeating: 0x20, count: bytes)
            )
        )
    }

    @Test("An answer comes back as it was, whoever has it", arguments: StoreEngine.allCases)
    func roundTrip(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        let made = [
            response("resp_1", kept(bytes: 100_000)), response("resp_2", .vendor),
            response("resp_3", .tooLarge(bytes: 12_345_678)),
            response("'; DROP TABLE response; --", kept(bytes: 0)),
        ]
        try await responses.store.insert(made, within: .none)
        for one in made { #expect(try await responses.store.response(one.key) == one) }
        try await responses.store.insert([], within: .none)
    }

    @Test("reasoning-08: an id is its creator's alone", arguments: StoreEngine.allCases)
    func owners(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        let alice = response("resp_1", of: "USER:alice", kept(bytes: 1))
        let bob = response("resp_1", of: "USER:bob", kept(bytes: 2))
        try await responses.store.insert([alice, bob], within: .none)
        #expect(try await responses.store.response(alice.key) == alice)
        #expect(try await responses.store.response(bob.key) == bob)
        let eve = StoredResponse.Key(owner: "SERVICE_PRINCIPAL:alice", id: "resp_1")
        #expect(try await responses.store.response(eve) == nil)
        #expect(try await !responses.store.delete(eve))
        #expect(try await responses.store.delete(alice.key))
        #expect(try await !responses.store.delete(alice.key))
        #expect(try await responses.store.response(alice.key) == nil)
        #expect(try await responses.store.response(bob.key) == bob)
    }

    @Test("The later answer of a key takes the place of the earlier", arguments: StoreEngine.allCases)
    func replaces(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        let later = response("resp_1", at: 1_793_500_000_000_001, kept(bytes: 10))
        try await responses.store.insert([response("resp_1", kept(bytes: 1_000_000))], within: .none)
        try await responses.store.insert([later], within: .none)
        #expect(try await responses.store.response(later.key) == later)
        // The bytes of the first do not count any more.
        #expect(try await responses.store.prune(createdBefore: 0, within: .all(later.bytes)) == 0)
        #expect(try await responses.store.prune(createdBefore: 0, within: .all(later.bytes - 1)) == 1)
    }

    @Test("What is too old goes, and nothing else", arguments: StoreEngine.allCases)
    func age(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        // Not in the order of their time.
        try await responses.store.insert([3, 1, 2].map { response("resp_\($0)", at: $0) }, within: .none)
        #expect(try await responses.store.prune(createdBefore: 3, within: .none) == 2)
        #expect(try await responses.store.prune(createdBefore: 3, within: .none) == 0)
        #expect(try await responses.store.response(response("resp_2").key) == nil)
        #expect(try await responses.store.response(response("resp_3").key) != nil)
    }

    @Test("Beyond the bound the oldest go, until the rest fits", arguments: StoreEngine.allCases)
    func bytes(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        let made = (1...10).map { response("resp_\($0)", at: Int64($0), kept(bytes: 1000)) }
        try await responses.store.insert(made.reversed(), within: .none)
        let three = made[7...].reduce(0) { $0 + $1.bytes }
        #expect(try await responses.store.prune(createdBefore: 0, within: .all(three + 1)) == 7)
        #expect(try await responses.store.prune(createdBefore: 0, within: .all(three)) == 0)
        for one in made { #expect((try await responses.store.response(one.key) == nil) == (one.createdAt < 8)) }
        #expect(try await responses.store.prune(createdBefore: 0, within: .all(0)) == 3)
    }

    @Test("Many are pruned piece by piece", arguments: StoreEngine.allCases)
    func many(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        try await responses.store.insert((0..<1200).map { response("resp_\($0)", at: Int64($0)) }, within: .none)
        var pruned = 0
        while case let count = try await responses.store.prune(createdBefore: 1100, within: .none), count > 0 {
            pruned += count
        }
        #expect(pruned == 1100)
    }

    @Test(
        "A caller who stores without end loses its own oldest answers, at once, and nobody else's",
        arguments: StoreEngine.allCases
    )
    func share(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        let bounds = ResponseStoreBounds(maximumBytes: 100_000, maximumBytesPerOwner: 30_000)
        let alice = (1...3).map { response("resp_\($0)", of: "USER:alice", at: Int64($0), kept(bytes: 1000)) }
        #expect(try await responses.store.insert(alice, within: bounds) == 0)
        let bob = (1...200).map { response("resp_\($0)", of: "USER:bob", at: Int64(100 + $0), kept(bytes: 5000)) }
        for start in stride(from: 0, to: 200, by: 20) {
            let batch = Array(bob[start..<start + 20])
            #expect(try await responses.store.insert(batch, within: bounds) == 0)
            // Nothing is left for later to delete.
            #expect(try await responses.store.prune(createdBefore: 0, within: bounds) == 0)
        }
        for one in alice { #expect(try await responses.store.response(one.key) == one) }
        for (number, one) in bob.enumerated() {
            #expect(try await (responses.store.response(one.key) != nil) == (number >= 195), "\(number)")
        }
    }

    @Test("When all are too many, the caller that has most makes room", arguments: StoreEngine.allCases)
    func most(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        let many = (1...80).map { response("resp_\($0)", of: "USER:many", at: Int64($0), kept(bytes: 500)) }
        let few = (1...5).map { response("resp_\($0)", of: "USER:few", at: Int64(-$0), kept(bytes: 500)) }
        let size = many[0].bytes
        #expect(try await responses.store.insert(many, within: .all(80 * size)) == 0)
        // Older than all others, and still theirs.
        #expect(try await responses.store.insert(few, within: .all(80 * size)) == 0)
        for one in few { #expect(try await responses.store.response(one.key) != nil) }
        for (number, one) in many.enumerated() {
            #expect(try await (responses.store.response(one.key) != nil) == (number >= 5))
        }
        // Bounds that have become narrower.
        while try await responses.store.prune(createdBefore: .min, within: .all(10 * size)) > 0 {}
        for one in few { #expect(try await responses.store.response(one.key) != nil) }
        #expect(try await responses.store.response(many[75].key) != nil)
        #expect(try await responses.store.response(many[74].key) == nil)
    }

    @Test(
        "An answer that is larger than the bounds, or than what its caller may push out, is not stored",
        arguments: StoreEngine.allCases
    )
    func noRoom(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        let small = response("resp_1", of: "USER:alice", kept(bytes: 4000))
        let large = response("resp_1", of: "USER:bob", kept(bytes: 7000))
        #expect(try await responses.store.insert([small], within: .all(10_000)) == 0)
        #expect(try await responses.store.insert([large], within: .all(10_000)) == 1)
        let bounds = ResponseStoreBounds(maximumBytes: 100_000, maximumBytesPerOwner: 7000)
        #expect(try await responses.store.insert([large], within: bounds) == 1)
        #expect(try await responses.store.response(small.key) == small)
        #expect(try await responses.store.response(large.key) == nil)
    }

    @Test("The file follows its bounds while answers come, and shrinks when they have gone")
    func fileSize() async throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteResponseStore(directory: scratch.data)
        let bounds = ResponseStoreBounds(maximumBytes: 8 << 20, maximumBytesPerOwner: 8 << 20)
        func size(_ suffix: String = "") throws -> Int {
            let path = scratch.data.responsesFile + suffix
            return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? -1
        }
        for round in 0..<40 {
            // Sizes that fill pages badly.
            let batch = (0..<40).map { number in
                response(
                    "resp_\(round)_\(number)",
                    at: Int64(round * 40 + number),
                    kept(bytes: 9_000 * (number % 5 + 1))
                )
            }
            #expect(try await store.insert(batch, within: bounds) == 0)
        }
        while try await store.prune(createdBefore: 0, within: bounds) > 0 {}
        #expect(try size() <= 20 << 20)
        #expect(try size("-wal") <= 16 << 20)
        while try await store.prune(createdBefore: .max, within: bounds) > 0 {}
        #expect(try size() <= 2 << 20)
        try store.close()
    }

    @Test("A file of the first version gets the sums of each caller's bytes")
    func migrates() async throws {
        let scratch = ScratchDirectory()
        try scratch.data.create()
        let one = response("resp_1", of: "USER:alice", at: 1, kept(bytes: 1000))
        let two = response("resp_2", of: "USER:alice", at: 2, kept(bytes: 1000))
        let store = try SQLiteResponseStore(directory: scratch.data)
        #expect(try await store.insert([one], within: .none) == 0)
        try store.close()
        let queue = try DatabaseQueue(path: scratch.data.responsesFile)
        try await queue.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    DROP TABLE owner_total; DROP INDEX response_by_owner; DROP TRIGGER response_insert_owner;
                    DROP TRIGGER response_delete_owner; PRAGMA user_version = 1;
                    """
            )
        }
        try queue.close()
        let again = try SQLiteResponseStore(directory: scratch.data)
        let bounds = ResponseStoreBounds(maximumBytes: .max, maximumBytesPerOwner: one.bytes + 100)
        #expect(try await again.insert([two], within: bounds) == 0)
        #expect(try await again.response(one.key) == nil)
        #expect(try await again.response(two.key) == two)
        try again.close()
    }

    @Test("What is stored survives the end of the process; a full disk stores nothing")
    func survival() async throws {
        let scratch = ScratchDirectory()
        let one = response("resp_1", kept(bytes: 50_000))
        let first = try SQLiteResponseStore(directory: scratch.data, maximumFileBytes: 400_000)
        try await first.insert([one], within: .none)
        let error = await #expect(throws: StorageError.self) {
            try await first.insert([response("resp_2"), response("resp_3", kept(bytes: 1_000_000))], within: .none)
        }
        #expect(error?.code == .full)
        try first.close()
        let closed = await #expect(throws: StorageError.self) { try await first.response(one.key) }
        #expect(closed?.code == .failed)
        let second = try SQLiteResponseStore(directory: scratch.data)
        #expect(try await second.response(one.key) == one)
        #expect(try await second.response(response("resp_2").key) == nil)
        try second.check()
    }
}
