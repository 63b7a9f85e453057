// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Where the work on large bodies is done: on a few threads of its own, so that no caller holds an event loop from others for long.
///
/// Work on a small body stays where it is. The number of threads bounds how many large bodies are worked on at once, and so the memory that this takes; others
/// wait their turn.
package struct LargeBodies: Sendable {
    /// Bytes up to which work on a body is done on the event loop: some milliseconds.
    package static let threshold = 256 << 10

    /// How many times less it costs to scan a body and to splice it than to translate it, per byte.
    package static let scanShare = 8

    private let executor: (any TaskExecutor)?
    /// Bytes up to which a body is small; ``threshold`` but in tests.
    package let threshold: Int

    /// - Parameters:
    ///   - executor: Runs the work on large bodies; nil does it where the caller is.
    ///   - threshold: Bytes up to which a body is small.
    package init(executor: (any TaskExecutor)? = nil, threshold: Int = Self.threshold) {
        self.executor = executor
        self.threshold = executor == nil ? .max : threshold
    }

    /// Whether work on so many bytes is done elsewhere.
    @inlinable package func isLarge(_ bytes: Int) -> Bool { bytes > threshold }

    /// Does work on a body.
    ///
    /// A part of its caller, so that the work on a small body costs no suspension.
    /// - Parameters:
    ///   - bytes: The size of what is worked on.
    ///   - work: Runs on another thread if that is large, but not after the caller has left.
    /// - Returns: What the work gives.
    /// - Throws: What the work throws; ``GatewayError/Code/clientClosed`` if the task was cancelled before large work began.
    @inlinable @inline(__always)
    package func run<Result>(
        over bytes: Int,
        _ work: () throws(GatewayError) -> Result
    ) async throws(GatewayError) -> Result {
        if isLarge(bytes) { return try await runElsewhere(awaiting: work) }
        return try work()
    }

    /// Does work that waits for something, as ``run(over:_:)`` does.
    package func run<Result>(
        over bytes: Int,
        awaiting work: () async throws(GatewayError) -> Result
    ) async throws(GatewayError) -> Result {
        if isLarge(bytes) { return try await runElsewhere(awaiting: work) }
        return try await work()
    }

    @usableFromInline
    package func runElsewhere<Result>(
        awaiting work: () async throws(GatewayError) -> Result
    ) async throws(GatewayError) -> Result {
        try await withTaskExecutorPreference(executor) { () async throws(GatewayError) -> Result in
            try GatewayError.checkCancellation()
            return try await work()
        }
    }

    /// Does work that must be done whether the caller is still there or not.
    @inlinable @inline(__always)
    package func finish<Result>(over bytes: Int, _ work: () -> Result) async -> Result {
        if isLarge(bytes) { return await finishElsewhere(work) }
        return work()
    }

    @usableFromInline
    package func finishElsewhere<Result>(_ work: () -> Result) async -> Result {
        await withTaskExecutorPreference(executor) { work() }
    }
}

extension GatewayError {
    /// Throws if the task is cancelled: its caller has left, and nobody will read what is made for it.
    ///
    /// Does nothing outside of tasks.
    package static func checkCancellation() throws(GatewayError) {
        if Task.isCancelled { throw GatewayError(.clientClosed, "The client has left.") }
    }
}
