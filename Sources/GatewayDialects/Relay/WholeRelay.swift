// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
package import NIOCore

/// Relays a whole answer byte for byte and reads its usage in passing.
package struct WholeRelay: ResponseTransform {
    /// Reads the usage member.
    package typealias UsageReader = @Sendable (JSONValue) -> TokenUsage

    /// The largest answer whose text is counted exactly; a larger one counts with all of its bytes.
    private static let maximumKept = 1 << 20

    private var usage: JSONMemberCapture
    private let readUsage: UsageReader
    /// Whether the root may name the service tier.
    private let namesTier: Bool
    private var hasBegun = false
    /// The answer as far as it is kept for counting its text, should it report no usage.
    private var pieces: [ByteBuffer] = []
    package private(set) var observation = ResponseObservation()
    /// Whether the answer is an error in spite of its status, as some routers' are.
    package private(set) var mayQuoteError = false

    package var contentType: String? { nil }
    package var keepsLength: Bool { true }

    /// - Parameters:
    ///   - member: The root's member that holds the usage.
    ///   - namesTier: Whether the root may name the service tier, in `service_tier`.
    ///   - readUsage: What reads it.
    package init(usageMember member: StaticString, namesTier: Bool = false, _ readUsage: @escaping UsageReader) {
        usage = JSONMemberCapture(member)
        self.namesTier = namesTier
        self.readUsage = readUsage
    }

    package mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        if !hasBegun {
            guard let first = bytes.readableBytesView.first(where: { $0 > 0x20 }) else { return bytes }
            // Anything but JSON, such as a proxy's web page, is not the model's answer.
            guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
                throw .unreadableAnswer("the response is not JSON")
            }
            hasBegun = true
            observation.hasContent = true
            mayQuoteError = bytes.withUnsafeReadableBytes(Self.isError)
        }
        usage.consume(bytes)
        observation.contentBytes += bytes.readableBytes
        if observation.contentBytes <= Self.maximumKept { pieces.append(bytes) }
        return bytes
    }

    /// Whether one of the first members of an answer says that it is an error.
    private static func isError(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var walk = JSONWalk(UnsafeRawBufferPointer(rebasing: bytes.prefix(512)))
        _ = walk.enterArray()
        guard walk.enterObject() else { return false }
        var members = 0
        while members < 4, let key = walk.nextKey() {
            members += 1
            let next = walk.peek()
            if walk.isKey(key, "error"), next == UInt8(ascii: "{") || next == UInt8(ascii: "\"") { return true }
            if walk.isKey(key, "detail") || walk.isKey(key, "message") || walk.isKey(key, "error_code") { return true }
            if walk.isKey(key, "type") || walk.isKey(key, "object"), let text = walk.text() {
                if walk.isKey(text.range, "error") { return true }
            } else {
                walk.value()
            }
        }
        return false
    }

    package mutating func finish() throws(GatewayError) -> ByteBuffer {
        guard hasBegun else { throw .unreadableAnswer("the response is empty") }
        if let value = usage.value {
            observation.usage = readUsage(value)
            observation.serviceTier = value["service_tier"]?.string
        }
        if namesTier, observation.contentBytes <= Self.maximumKept { readTier() }
        if observation.usage.isEmpty, observation.contentBytes <= Self.maximumKept {
            let body = pieces.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
            observation.contentBytes = AnswerText.bytes(in: body)
        }
        pieces = []
        observation.isComplete = true
        return ByteBuffer()
    }

    /// Reads the tier, which decides what the tokens cost, of an answer that is kept.
    private mutating func readTier() {
        let body = pieces.count == 1 ? pieces[0] : pieces.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
        guard body.contains("\"service_tier\"") else { return }
        body.withUnsafeReadableBytes { bytes in
            var walk = JSONWalk(bytes)
            guard walk.enterObject() else { return }
            while let key = walk.nextKey() {
                if walk.isKey(key, "service_tier"), let text = walk.text() {
                    observation.serviceTier = String(decoding: bytes[text.range], as: UTF8.self)
                } else {
                    walk.value()
                }
            }
        }
    }

    package mutating func fail(_ error: GatewayError) -> ByteBuffer {
        // Nothing that could be appended to half of a JSON document would be understood.
        ByteBuffer()
    }
}
