// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// Nearly all bodies are small, and a suspension costs as much as a part of the work on them: so whoever calls these has them in its own code, where work that waits
/// for nothing is an ordinary call.
extension LargeBodies {
    /// Does work that waits for nothing, as ``run(over:awaiting:)`` does.
    @inline(__always)
    func run<Result>(
        over bytes: Int,
        _ work: () throws(GatewayError) -> Result
    ) async throws(GatewayError) -> Result {
        guard bytes > threshold else { return try work() }
        return try await run(over: bytes, awaiting: work)
    }

    /// Does work that waits for nothing, as ``finish(over:awaiting:)`` does.
    @inline(__always)
    func finish<Result>(over bytes: Int, _ work: () -> Result) async -> Result {
        guard bytes > threshold else { return work() }
        return await finish(over: bytes, awaiting: work)
    }
}
