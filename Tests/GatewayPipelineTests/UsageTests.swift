// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayPipeline
import Logging
import Synchronization
import Testing

/// A row that is known by its number.
private func record(_ number: Int) -> UsageRecord {
    UsageRecord(
        requestID: "\(number)",
        invocationID: "\(number)",
        eventTime: 0,
        workspaceID: "0",
        caller: Snapshot.administrator,
        authMode: "TOKEN",
        service: nil,
        requestedModel: "made-up-\(number)",
        destination: nil,
        apiType: .openAIChat,
        ipAddress: "",
        url: "/",
        userAgent: nil,
        requestTags: nil,
        usage: TokenUsage(uncachedInput: .max, output: .max),
        responseContentType: nil,
        statusCode: 404,
        latencyMilliseconds: 1,
        timeToFirstByteMilliseconds: nil,
        attempts: []
    )
}

/// A store that can be told to fail.
private final class FaultyStore: UsageStore {
    struct Failure: Error {}

    private let state = Mutex((rows: [String](), isFailing: false, failures: 0))

    var rows: [String] { state.withLock { $0.rows } }
    var failures: Int { state.withLock { $0.failures } }
    func fail(_ isFailing: Bool) { state.withLock { $0.isFailing = isFailing } }

    func append(_ records: [UsageRecord]) throws {
        try state.withLock { state in
            guard !state.isFailing else {
                state.failures += 1
                throw Failure()
            }
            state.rows += records.map(\.requestID)
        }
    }
}

/// A number that several threads add to.
private final class Counter: Sendable {
    private let number = Atomic<Int>(0)

    func add(_ amount: Int) { number.add(amount, ordering: .relaxed) }

    var value: Int { number.load(ordering: .relaxed) }
}

@Suite("The usage queue")
struct UsageQueueTests {
    @Test("A place is taken from its reservation until its row is written, and there are never more than the capacity")
    func capacity() {
        let queue = UsageQueue(capacity: 3)
        let places = (0..<5).map { _ in ReservedPlace(in: queue) }
        #expect(places.map { $0 != nil } == [true, true, true, false, false])
        for (number, place) in places.prefix(3).enumerated() { place?.finish(record(number)) }
        #expect(queue.take().map(\.requestID) == ["0", "1", "2"])
        #expect(ReservedPlace(in: queue) == nil)
        #expect(queue.depth == 3)
        queue.release(2)
        let later = (0..<3).map { _ in ReservedPlace(in: queue) }
        #expect(later.map { $0 != nil } == [true, true, false])
        #expect(queue.take().isEmpty)
        for place in later { place?.finish(record(3)) }
    }

    @Test("A call that ends without its row does not go unnoticed")
    func dropped() async {
        await #expect(processExitsWith: .failure) {
            _ = UsageQueue(capacity: 1).reserve()
        }
    }

    @Test("Large rows fill the queue before there are many of them, and their bytes come back when they are written")
    func bytes() {
        let queue = UsageQueue(capacity: 1000, maximumBytes: 32 * UsageQueue.placeBytes)
        let places = (0..<32).compactMap { _ in ReservedPlace(in: queue) }
        #expect(places.count == 32)
        #expect(ReservedPlace(in: queue) == nil)
        for (number, place) in places.enumerated() {
            var row = record(number)
            row.url = String(repeating: "x", count: 2048)
            place.finish(row)
        }
        #expect(queue.bytes > 32 * 2048)
        let rows = queue.take()
        #expect(ReservedPlace(in: queue) == nil)
        queue.release(8)
        #expect(queue.bytes == rows[8...].reduce(0) { $0 + $1.bytes })
        queue.release(24)
        #expect(queue.bytes == 0)
        #expect(queue.depth == 0)
        let place = ReservedPlace(in: queue)
        #expect(place != nil)
        #expect(queue.bytes == UsageQueue.placeBytes)
        place?.finish(record(32))
    }

    @Test("An ordinary row takes less than the place that was kept for it")
    func ordinary() {
        var row = record(1)
        row.userAgent = "claude-cli/2.1.329 (external, sdk-cli)"
        row.responseContentType = "text/event-stream; charset=utf-8"
        row.attempts = [
            .init(
                priority: 1,
                action: "ROUTE",
                destination: "system.providers.openai/gpt-5",
                statusCode: 200,
                latencyMilliseconds: 1,
                vendorRequestID: "req_011CQ2hd8LRbsYq1f6ZxT8tA"
            )
        ]
        #expect(row.bytes <= UsageQueue.placeBytes)
    }

    @Test("Many threads at once neither lose rows nor exceed the capacity")
    func concurrent() async {
        let queue = UsageQueue(capacity: 50)
        let (accepted, taken) = (Counter(), Counter())
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<2000 {
                        if let place = queue.reserve() {
                            accepted.add(1)
                            place.finish(record(task * 2000 + number))
                        } else {
                            await Task.yield()
                        }
                        #expect(queue.depth <= 50)
                        if number % 16 == 0 {
                            let rows = queue.take()
                            taken.add(rows.count)
                            queue.release(rows.count)
                        }
                    }
                }
            }
        }
        let rest = queue.take().count
        queue.release(rest)
        #expect(accepted.value == taken.value + rest)
        #expect(queue.depth == 0)
    }
}

@Suite("The usage writer", .timeLimit(.minutes(2)))
struct UsageWriterTests {
    private let queue = UsageQueue(capacity: 100)
    private let store = FaultyStore()

    private var writer: UsageWriter {
        UsageWriter(
            queue: queue,
            store: store,
            metrics: Metrics(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func add(_ numbers: Range<Int>) {
        for number in numbers { queue.reserve()?.finish(record(number)) }
    }

    private func eventually(_ condition: () -> Bool) async {
        for _ in 0..<4000 where !condition() { try? await Task.sleep(for: .milliseconds(5)) }
        #expect(condition())
    }

    @Test("Rows that the store could not take wait, keep their places and their order, and are written once")
    func recovers() async throws {
        let running = Task { [writer] in await writer.run() }
        add(0..<3)
        await eventually { store.rows.count == 3 }
        await eventually { queue.depth == 0 }
        store.fail(true)
        add(3..<5)
        await eventually { store.failures >= 2 }
        add(5..<8)
        await eventually { store.failures >= 4 }
        #expect(queue.depth == 5)
        store.fail(false)
        await eventually { queue.depth == 0 }
        #expect(store.rows == (0..<8).map(String.init))
        running.cancel()
        _ = await running.value
    }

    @Test("While the store fails, the writer says since when and why; once it works, it says nothing")
    func failure() async throws {
        let writer = writer
        #expect(writer.failure == nil)
        let running = Task { await writer.run() }
        store.fail(true)
        add(0..<3)
        await eventually { writer.failure != nil }
        let first = try #require(writer.failure)
        #expect(first.reason.contains("Failure"))
        add(3..<5)
        await eventually { writer.failure?.rows == 5 }
        #expect(writer.failure?.since == first.since)
        store.fail(false)
        await eventually { writer.failure == nil }
        #expect(store.rows.count == 5)
        running.cancel()
        _ = await running.value
    }

    @Test("Rows that wait for the store when the gateway stops are written by the drain")
    func stop() async throws {
        let writer = writer
        let running = Task { await writer.run() }
        store.fail(true)
        add(0..<3)
        await eventually { store.failures >= 1 }
        running.cancel()
        let leftOver = await running.value
        add(3..<5)
        let failures = store.failures
        let draining = Task { await writer.drain(leftOver) }
        await eventually { store.failures > failures }
        store.fail(false)
        await draining.value
        #expect(store.rows == (0..<5).map(String.init))
        #expect(queue.depth == 0)
    }
}

@Suite("Metrics")
struct MetricsTests {
    private func text(_ rows: [UsageRecord]) -> String {
        let metrics = Metrics()
        metrics.observe(rows)
        return metrics.render(.init(connections: 1, bodyBytesInFlight: 2, usageQueueDepth: 3))
    }

    @Test("Names that clients make up do not become labels, and no count overflows")
    func unknownModels() {
        let text = text((0..<1000).map(record))
        #expect(!text.contains("made-up"))
        #expect(
            text.contains(
                #"_requests_total{api_type="openai/v1/chat/completions",service="unknown",status="404"} 1000"#
            )
        )
        #expect(text.contains(#"gatehouse_tokens_total{service="unknown",kind="output"} \#(Int.max)"#))
    }

    @Test("A label cannot end its line or its quotes")
    func escaping() {
        var row = record(1)
        row.attempts = [
            .init(priority: 1, action: "ROUTE", destination: "a\"b\\c\nd\r\ne", statusCode: 502, latencyMilliseconds: 1)
        ]
        let text = text([row])
        #expect(text.contains(#"destination="a\"b\\c\nd"#))
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let line = String(decoding: line, as: UTF8.self)
            #expect(line.hasPrefix("gatehouse_") || line.hasPrefix("# "), "\(line)")
        }
    }

    @Test("Gauges and histograms are there in Prometheus' form")
    func form() {
        let text = text([record(1)])
        #expect(text.contains("gatehouse_connections 1\n"))
        #expect(text.contains("gatehouse_request_body_bytes 2\n"))
        #expect(text.contains("gatehouse_usage_queue_depth 3\n"))
        #expect(text.contains(#"_duration_seconds_bucket{api_type="openai/v1/chat/completions",le="0.001"} 1"#))
        #expect(text.contains(#"_duration_seconds_bucket{api_type="openai/v1/chat/completions",le="+Inf"} 1"#))
        #expect(text.contains(#"gatehouse_request_duration_seconds_count{api_type="openai/v1/chat/completions"} 1"#))
    }
}
