// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayTransport
import NIOCore
import Synchronization

/// Names whose look-ups a test answers, delays or fails; nobody else is asked.
final class ScriptedNames: Sendable {
    enum Answer: Sendable {
        case addresses([String])
        case fails
        /// Blocks until ``release()``, as a name server does that never answers; then it fails.
        case hangs
    }

    private struct State {
        var answers: [String: Answer] = [:]
        var asked: [String] = []
        var isReleased = false
    }

    private let state = Mutex(State())

    init(_ answers: [String: Answer]) {
        state.withLock { $0.answers = answers }
    }

    /// The names that were looked up, in order.
    var asked: [String] { state.withLock { $0.asked } }

    func set(_ name: String, _ answer: Answer) {
        state.withLock { $0.answers[name] = answer }
    }

    /// Lets every look-up that hangs end.
    func release() {
        state.withLock { $0.isReleased = true }
    }

    /// A resolver that asks these names.
    func resolver(_ bounds: NameResolver.Bounds = NameResolver.Bounds()) -> NameResolver {
        NameResolver(bounds: bounds) { try self.lookup($0) }
    }

    private func lookup(_ name: String) throws -> [SocketAddress] {
        let answer = state.withLock { state in
            state.asked.append(name)
            return state.answers[name]
        }
        switch answer {
        case .addresses(let addresses): return try addresses.map { try SocketAddress(ipAddress: $0, port: 0) }
        case .fails, nil: throw NameError("no such name")
        case .hangs:
            while !state.withLock({ $0.isReleased }) { Thread.sleep(forTimeInterval: 0.005) }
            throw NameError("no answer")
        }
    }
}

extension NameResolver.Bounds {
    /// Bounds that let a test see in a moment what else takes half a minute.
    static var hasty: NameResolver.Bounds {
        var bounds = NameResolver.Bounds()
        bounds.lifetime = .milliseconds(50)
        bounds.failureLifetime = .milliseconds(50)
        bounds.absence = .milliseconds(100)
        return bounds
    }
}
