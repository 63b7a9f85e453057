// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Relays a whole answer byte for byte and reads its usage in passing.
struct WholeRelay: ResponseTransform {
    /// Reads the usage member.
    typealias UsageReader = @Sendable (JSONValue) -> TokenUsage

    /// The largest answer whose text is counted exactly; a larger one counts with all of its bytes.
    private static let maximumKept = 1 << 20

    private var usage: JSONMemberCapture
    private let readUsage: UsageReader
    private var hasBegun = false
    /// The answer as far as it is kept for counting its text, should it report no usage.
    private var pieces: [ByteBuffer] = []
    private(set) var observation = ResponseObservation()

    var contentType: String? { nil }
    var keepsLength: Bool { true }

    /// - Parameters:
    ///   - member: The root's member that holds the usage.
    ///   - readUsage: What reads it.
    init(usageMember member: StaticString, _ readUsage: @escaping UsageReader) {
        usage = JSONMemberCapture(member)
        self.readUsage = readUsage
    }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        if !hasBegun {
            guard let first = bytes.readableBytesView.first(where: { $0 > 0x20 }) else { return bytes }
            // Anything but JSON, such as a proxy's web page, is not the model's answer.
            guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
                throw .unreadableAnswer("the answer is not JSON")
            }
            hasBegun = true
            observation.hasContent = true
        }
        usage.consume(bytes)
        observation.contentBytes += bytes.readableBytes
        if observation.contentBytes <= Self.maximumKept { pieces.append(bytes) }
        return bytes
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        guard hasBegun else { throw .unreadableAnswer("the answer is empty") }
        if let value = usage.value { observation.usage = readUsage(value) }
        if observation.usage.isEmpty, observation.contentBytes <= Self.maximumKept {
            let body = pieces.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
            observation.contentBytes = AnswerText.bytes(in: body)
        }
        pieces = []
        observation.isComplete = true
        return ByteBuffer()
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer {
        // Nothing that could be appended to half of a JSON document would be understood.
        ByteBuffer()
    }
}
