// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayPipeline
import Logging
import Synchronization
import Testing

@Suite("The end of the usage writer")
struct UsageDrainTests {
    private final class Store: UsageStore {
        private let stored = Mutex<[String]>([])

        var ids: [String] { stored.withLock { $0 } }

        func append(_ records: [UsageRecord]) throws {
            stored.withLock { $0 += records.map(\.requestID) }
        }
    }

    private func record(_ id: String) -> UsageRecord {
        UsageRecord(
            requestID: id,
            invocationID: id,
            eventTime: 0,
            workspaceID: "0",
            caller: Caller(name: "alice", kind: .user),
            authMode: "TOKEN",
            service: nil,
            requestedModel: "made-up",
            destination: nil,
            apiType: .mlflowChat,
            ipAddress: "",
            url: "/",
            userAgent: nil,
            requestTags: nil,
            usage: TokenUsage(uncachedInput: 3, output: 4),
            responseContentType: nil,
            statusCode: 404,
            latencyMilliseconds: 1,
            timeToFirstByteMilliseconds: nil,
            attempts: []
        )
    }

    @Test("A drain waits for calls that are still under way")
    func waits() async throws {
        let queue = UsageQueue(capacity: 100)
        let store = Store()
        let writer = UsageWriter(queue: queue, store: store, metrics: Metrics(), logger: Logger(label: "test"))
        let place = try #require(ReservedPlace(in: queue))
        async let drained: Void = writer.drain([])
        try? await Task.sleep(for: .milliseconds(200))
        place.finish(record("late"))
        await drained
        #expect(store.ids == ["late"])
    }
}
