// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

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
        try await responses.store.insert(made)
        for one in made { #expect(try await responses.store.response(one.key) == one) }
        try await responses.store.insert([])
    }

    @Test("R08: an id is its creator's alone", arguments: StoreEngine.allCases)
    func owners(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        let alice = response("resp_1", of: "USER:alice", kept(bytes: 1))
        let bob = response("resp_1", of: "USER:bob", kept(bytes: 2))
        try await responses.store.insert([alice, bob])
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
        try await responses.store.insert([response("resp_1", kept(bytes: 1_000_000))])
        try await responses.store.insert([later])
        #expect(try await responses.store.response(later.key) == later)
        // The bytes of the first do not count any more.
        #expect(try await responses.store.prune(createdBefore: 0, maximumBytes: later.bytes) == 0)
        #expect(try await responses.store.prune(createdBefore: 0, maximumBytes: later.bytes - 1) == 1)
    }

    @Test("What is too old goes, and nothing else", arguments: StoreEngine.allCases)
    func age(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        // Not in the order of their time.
        try await responses.store.insert([3, 1, 2].map { response("resp_\($0)", at: $0) })
        #expect(try await responses.store.prune(createdBefore: 3, maximumBytes: .max) == 2)
        #expect(try await responses.store.prune(createdBefore: 3, maximumBytes: .max) == 0)
        #expect(try await responses.store.response(response("resp_2").key) == nil)
        #expect(try await responses.store.response(response("resp_3").key) != nil)
    }

    @Test("Beyond the bound the oldest go, until the rest fits", arguments: StoreEngine.allCases)
    func bytes(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        let made = (1...10).map { response("resp_\($0)", at: Int64($0), kept(bytes: 1000)) }
        try await responses.store.insert(made.reversed())
        let three = made[7...].reduce(0) { $0 + $1.bytes }
        #expect(try await responses.store.prune(createdBefore: 0, maximumBytes: three + 1) == 7)
        #expect(try await responses.store.prune(createdBefore: 0, maximumBytes: three) == 0)
        for one in made { #expect((try await responses.store.response(one.key) == nil) == (one.createdAt < 8)) }
        #expect(try await responses.store.prune(createdBefore: 0, maximumBytes: 0) == 3)
    }

    @Test("Many are pruned piece by piece", arguments: StoreEngine.allCases)
    func many(engine: StoreEngine) async throws {
        let responses = try engine.makeResponseStore()
        try await responses.store.insert((0..<1200).map { response("resp_\($0)", at: Int64($0)) })
        var pruned = 0
        while case let count = try await responses.store.prune(createdBefore: 1100, maximumBytes: .max), count > 0 {
            pruned += count
        }
        #expect(pruned == 1100)
    }

    @Test("What is stored survives the end of the process; a full disk stores nothing")
    func survival() async throws {
        let scratch = ScratchDirectory()
        let one = response("resp_1", kept(bytes: 50_000))
        let first = try SQLiteResponseStore(directory: scratch.data, maximumFileBytes: 400_000)
        try await first.insert([one])
        let error = await #expect(throws: StorageError.self) {
            try await first.insert([response("resp_2"), response("resp_3", kept(bytes: 1_000_000))])
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
