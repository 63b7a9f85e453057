// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

/// A format in which an upstream can be asked how many tokens a request has.
package protocol TokenCountUpstreamDialect: Dialect {
    /// Makes a count of a request for an answer in this format, leaving out what only matters for the answer.
    func encodeCount(of request: JSONObject, to target: TranslationTarget, into writer: inout JSONWriter)

    /// Reads the vendor's answer; nil if it is not one.
    func decodeCount(_ answer: JSONValue) -> Int?
}

/// A format in which clients ask how many tokens a request has.
package protocol TokenCountDialect: RelayedDialect, TokenCountUpstreamDialect {
    /// The request for an answer that a client wants counted.
    func countedRequest(of envelope: RequestEnvelope) throws(GatewayError) -> RequestEnvelope

    /// Whether a count can go on to a target that speaks this format with no more changed than ``countEdits(for:to:)``.
    func canRelayCount(_ envelope: RequestEnvelope, to target: TranslationTarget) throws(GatewayError) -> Bool

    /// What to change in a count that stays in this format, the body's `model` apart.
    func countEdits(for envelope: RequestEnvelope, to target: TranslationTarget) -> [JSONSplice.Edit]

    /// Writes the members of an answer.
    func encodeCount(_ count: Int, into writer: inout JSONWriter)
}

extension TokenCountDialect {
    package func canRelayCount(
        _ envelope: RequestEnvelope,
        to target: TranslationTarget
    ) throws(GatewayError) -> Bool { true }

    package func countEdits(for envelope: RequestEnvelope, to target: TranslationTarget) -> [JSONSplice.Edit] { [] }
}

extension RequestEnvelope {
    /// The same request as another API's, with another body.
    func with(_ apiType: APIType, body: ByteBuffer) throws(GatewayError) -> RequestEnvelope {
        let scan: JSONScan
        do throws(JSONError) {
            scan = try JSONScan(body, watching: .references)
        } catch {
            throw .invalidJSON(error)
        }
        return RequestEnvelope(apiType: apiType, scan: scan, model: model, modelValue: nil, isStreaming: false)
    }
}

extension JSONWriter {
    /// Copies the members of an object that are in a table.
    mutating func members(of object: JSONObject, in table: KeyTable<Void>) {
        for (key, value) in object where table[key] != nil {
            copy(key, value)
        }
    }
}
