// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOHTTP1

/// What ties a call to one of a service's destinations, beside their shares of the traffic.
///
/// Not asked for where a service has one destination.
package struct Affinity: Sendable, Equatable {
    /// Whose opaque state the request carries, the latest first: only they can read it (reasoning-07).
    package var origins: [StateOrigin] = []
    /// A number that is the same for all calls of a session, so that they find the vendor's prompt cache warm (cache-02).
    package var session: UInt64?

    package init(origins: [StateOrigin] = [], session: UInt64? = nil) {
        self.origins = origins
        self.session = session
    }

    /// Headers that name a session, in the order of preference.
    ///
    /// Claude Code 2.1 and Codex CLI 0.163 with its earlier spellings (2026-11).
    private static let sessionHeaders = ["x-claude-code-session-id", "session-id", "session_id", "conversation_id"]

    /// The affinity of a request.
    init(of envelope: RequestEnvelope, headers: HTTPHeaders, _ translator: some ContinuationCodec) {
        origins = translator.stateOrigins(in: envelope)
        let name =
            translator.session(of: envelope)
            ?? Self.sessionHeaders.lazy.compactMap { headers.first(name: $0) }.first
        session = name.flatMap { $0.isEmpty ? nil : Self.hash($0) }
    }

    /// The same after a restart and on every machine.
    private static func hash(_ text: String) -> UInt64 {
        var hash = FNV1a(text).value
        // The last bytes must reach all bits.
        hash = (hash ^ hash >> 32) &* 0xD6E8_FEB8_6659_FD93
        return hash ^ hash >> 32
    }
}
