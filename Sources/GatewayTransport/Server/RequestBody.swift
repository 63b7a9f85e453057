// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// The body of one request as it comes in: framed, bounded, counted against the budget.
///
/// No I/O.
struct RequestBody {
    /// What a client must send on average, in bytes per tick, once its first waits are over: 1 KiB a second.
    private static let slowestBytesPerTick = 102

    private(set) var framing: HTTP1Framing
    private var bytes = ByteBuffer()
    private var reserved = 0
    private let maximumBytes: Int
    private let budget: BodyBudget

    init(framing: HTTP1Framing, maximumBytes: Int, budget: BodyBudget) {
        self.framing = framing
        self.maximumBytes = maximumBytes
        self.budget = budget
    }

    var isComplete: Bool { framing.isComplete }

    /// How many more bytes are announced; nil where that is not known.
    var announced: Int? {
        if case .length(let left) = framing { left } else { nil }
    }

    /// Ticks that the client has earned by what it has sent.
    var earnedTicks: Int { bytes.readableBytes / Self.slowestBytesPerTick }

    /// Checks what is announced, before anything is read.
    mutating func admit() throws(GatewayError) {
        guard let announced else { return }
        try reserve(announced)
    }

    /// Takes what has come.
    mutating func read(from buffer: inout ByteBuffer) throws(GatewayError) {
        var pieces: [ByteBuffer] = []
        do throws(HTTP1Error) {
            try framing.read(from: &buffer) { pieces.append($0) }
        } catch {
            throw GatewayError(.invalidRequest, error.message, status: error.status)
        }
        for var piece in pieces {
            try reserve(bytes.readableBytes + piece.readableBytes)
            if bytes.readableBytes == 0, framing.isComplete, pieces.count == 1 {
                bytes = piece
            } else {
                if bytes.readableBytes == 0, case .length(let left) = framing {
                    // Room for all of it at once, but no more than the client has shown to be serious about.
                    bytes = ByteBufferAllocator().buffer(capacity: min(left + piece.readableBytes, 4 << 20))
                }
                bytes.writeBuffer(&piece)
            }
        }
    }

    /// Skips what has come.
    mutating func discard(from buffer: inout ByteBuffer) throws(HTTP1Error) {
        try framing.read(from: &buffer) { _ in }
    }

    mutating func take() -> ByteBuffer {
        let taken = bytes
        bytes = ByteBuffer()
        return taken
    }

    /// Gives the bytes back to the budget, once the request is over.
    mutating func release() {
        bytes = ByteBuffer()
        budget.giveBack(reserved)
        reserved = 0
    }

    private mutating func reserve(_ total: Int) throws(GatewayError) {
        guard total <= maximumBytes else {
            throw GatewayError(
                .payloadTooLarge,
                "The request body is larger than \(maximumBytes) bytes. Send less, or raise `server.max_body_bytes`."
            )
        }
        guard total > reserved else { return }
        guard budget.take(total - reserved) else {
            throw GatewayError(.overloaded, "Too many request bodies are in flight. Try again in a moment.")
        }
        reserved = total
    }
}
