// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1
import Synchronization

/// Answers each request in turn, and notes the bodies.
final class Vendor: UpstreamClient {
    private let state: Mutex<(answers: [(Int, ByteBuffer)], bodies: [String])>

    convenience init(_ answers: (Int, String)...) {
        self.init(answers.map { ($0, ByteBuffer(string: $1)) })
    }

    convenience init(_ answers: [(Int, String)]) {
        self.init(answers.map { ($0, ByteBuffer(string: $1)) })
    }

    convenience init(_ answer: (Int, ByteBuffer)) {
        self.init([answer])
    }

    private init(_ answers: [(Int, ByteBuffer)]) { state = Mutex((answers, [])) }

    var bodies: [String] { state.withLock { $0.bodies } }

    func send(_ request: UpstreamRequest) async throws(GatewayError) -> any UpstreamExchange {
        let body = request.body.map { String(buffer: $0) }.joined()
        let (status, bytes) = state.withLock { state in
            state.bodies.append(body)
            return state.answers.removeFirst()
        }
        // In pieces as small as a network may make them.
        let pieces = bytes.readableBytesView.map { ByteBuffer(bytes: [$0]) }
        return Answer(head: UpstreamHead(status: status, headers: [:]), pieces: Mutex(pieces[...]))
    }

    private final class Answer: UpstreamExchange {
        let head: UpstreamHead
        private let pieces: Mutex<ArraySlice<ByteBuffer>>

        init(head: UpstreamHead, pieces: consuming Mutex<ArraySlice<ByteBuffer>>) {
            self.head = head
            self.pieces = pieces
        }

        func next() async throws(GatewayError) -> ByteBuffer? { pieces.withLock { $0.popFirst() } }
        var hasEnded: Bool { pieces.withLock { $0.isEmpty } }
        func cancel() {}
    }
}
