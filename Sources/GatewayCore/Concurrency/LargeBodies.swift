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

    /// Does work on a body.
    ///
    /// - Parameters:
    ///   - bytes: The size of what is worked on.
    ///   - work: Runs on another thread if that is large, but not after the caller has left.
    /// - Returns: What the work gives.
    /// - Throws: What the work throws; ``GatewayError/Code/clientClosed`` if the task was cancelled before large work began.
    package func run<Result>(
        over bytes: Int,
        awaiting work: () async throws(GatewayError) -> Result
    ) async throws(GatewayError) -> Result {
        guard bytes > threshold else { return try await work() }
        return try await withTaskExecutorPreference(executor) { () async throws(GatewayError) -> Result in
            try GatewayError.checkCancellation()
            return try await work()
        }
    }

    /// Does work that must be done whether the caller is still there or not.
    package func finish<Result>(over bytes: Int, awaiting work: () async -> Result) async -> Result {
        guard bytes > threshold else { return await work() }
        return await withTaskExecutorPreference(executor) { await work() }
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
