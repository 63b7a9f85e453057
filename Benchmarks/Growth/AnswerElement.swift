// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// Something that an answer may repeat as often as it likes.
///
/// A new element is one more line in the list of its upstream API.
struct AnswerElement: Sendable {
    let name: String
    let upstream: GrowthUpstream
    let isStream: Bool
    /// The most that is not refused.
    let most: Int
    /// The answer as it is read off the connection.
    let reads: @Sendable (_ count: Int) -> [ByteBuffer]

    /// Every repeated element of every upstream API.
    static let all = chat + responses + messages + gemini + bedrock

    /// An element of a whole answer.
    static func whole(
        _ upstream: String,
        _ name: String,
        most: Int = 32_768,
        _ body: @escaping @Sendable (_ count: Int) -> String
    ) -> AnswerElement {
        AnswerElement(name: name, upstream: .named(upstream), isStream: false, most: most) { count in
            pieces(of: ByteBuffer(string: body(count)), bytes: 16_384)
        }
    }

    /// An element of a stream, every event of which is read on its own.
    static func stream(
        _ upstream: String,
        _ name: String,
        most: Int = 32_768,
        _ events: @escaping @Sendable (_ count: Int) -> [ByteBuffer]
    ) -> AnswerElement {
        AnswerElement(name: name, upstream: .named(upstream), isStream: true, most: most, reads: events)
    }

    /// Cuts bytes as a connection does.
    static func pieces(of whole: ByteBuffer, bytes: Int) -> [ByteBuffer] {
        var whole = whole
        var pieces: [ByteBuffer] = []
        while let piece = whole.readSlice(length: min(bytes, whole.readableBytes)), piece.readableBytes > 0 {
            pieces.append(piece)
        }
        return pieces
    }
}

extension GrowthUpstream {
    static func named(_ name: String) -> GrowthUpstream {
        guard let upstream = all.first(where: { $0.name == name }) else {
            print("There is no upstream '\(name)'.")
            fatalExit()
        }
        return upstream
    }
}

/// Server-sent events with these data, and perhaps names.
func events(_ data: [String]) -> [ByteBuffer] { data.map { ByteBuffer(string: "data: \($0)\n\n") } }
