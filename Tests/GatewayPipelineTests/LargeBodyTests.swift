// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
import GatewayCore
import GatewayPipeline
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// A thread of its own that counts what it is given.
private final class CountingExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "large bodies")
    private let state = Mutex((jobs: 0, onJob: Optional<@Sendable () -> Void>.none))

    var jobs: Int { state.withLock { $0.jobs } }

    /// Called before each job.
    func onJob(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onJob = body } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let onJob = state.withLock { state in
            state.jobs += 1
            return state.onJob
        }
        queue.async {
            onJob?()
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}

@Suite("Large bodies")
struct LargeBodyTests {
    private let executor = CountingExecutor()

    private func gateway(threshold: Int = 1_000) throws -> TestGateway {
        TestGateway(
            Catalog.snapshot([try Catalog.service("main.ai.helper", [try Catalog.destination("first")])]),
            largeBodies: LargeBodies(executor: executor, threshold: threshold)
        )
    }

    private func upstream(_ words: [String]) -> ScriptedUpstream {
        ScriptedUpstream(["first": .success(ScriptedUpstream.Script(steps: words.map { .bytes($0) }))])
    }

    private func body(_ bytes: Int, _ more: String = "") -> String {
        #"{"model": "main.ai.helper", "padding": "\#(String(repeating: "x", count: bytes))"\#(more)}"#
    }

    @Test("A small request and its answer never leave the event loop")
    func small() async throws {
        let exchange = RecordedExchange(body(10, #", "stream": true"#))
        _ = try await gateway().serve(exchange, upstream(["hello ", "usage ", "end "]))
        #expect(exchange.answer.body == "hello usage end ")
        #expect(executor.jobs == 0)
    }

    @Test("A large request is read and translated on other threads, and answered as a small one is")
    func request() async throws {
        let exchange = RecordedExchange(body(20_000))
        let rows = try await gateway().serve(exchange, upstream(["hello ", "end "]))
        #expect(exchange.answer.status == 200)
        #expect(exchange.answer.body == "hello end ")
        // Reading, translating, and estimating what the upstream does not report.
        #expect(executor.jobs >= 3)
        #expect(rows.first?.usage.isEstimated == true)
        #expect(rows.first?.statusCode == 200)
    }

    @Test("A request that cannot be read is refused in the same words, whatever its size", arguments: [10, 20_000])
    func refusal(bytes: Int) async throws {
        let exchange = RecordedExchange(#"{"padding": "\#(String(repeating: "x", count: bytes))"}"#)
        _ = try await gateway().serve(exchange)
        #expect(exchange.answer.status == 400)
        #expect(exchange.answer.body == "error: no model")
        #expect((executor.jobs > 0) == (bytes > 1_000))
    }

    @Test("A large whole answer is put together on another thread")
    func answer() async throws {
        let exchange = RecordedExchange()
        let words = String(repeating: "word ", count: 1_000)
        _ = try await gateway().serve(exchange, upstream([words, "usage end "]))
        #expect(exchange.answer.body == words + "usage end ")
        #expect(exchange.answer.hasEnded)
        #expect(executor.jobs == 1)
    }

    @Test("Of a stream only what grew large is read on another thread")
    func stream() async throws {
        let exchange = RecordedExchange(body(0, #", "stream": true"#))
        let words = String(repeating: "word ", count: 1_000)
        _ = try await gateway().serve(exchange, upstream(["hello ", words, "hello ", "usage end "]))
        #expect(exchange.answer.body == "hello " + words + "hello usage end ")
        #expect(executor.jobs == 1)
    }

    @Test("Nothing large is begun for a client that has left, and the row says so")
    func cancelled() async throws {
        let gateway = try gateway()
        let upstream = upstream(["hello ", "usage end "])
        let exchange = RecordedExchange(body(20_000))
        let task = Task { await gateway.serve(exchange, upstream) }
        // The client leaves while its request waits for a thread.
        executor.onJob { task.cancel() }
        let rows = await task.value
        #expect(upstream.requests.isEmpty)
        #expect(exchange.answer.sends == 0)
        #expect(rows.count == 1)
        #expect(rows.first?.statusCode == GatewayError(.clientClosed, "").status)
    }
}
