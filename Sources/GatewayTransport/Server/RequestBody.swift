// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// The body of one request as it comes in: framed, bounded, counted towards what its caller holds.
///
/// No I/O.
struct RequestBody {
    /// What a client must send on average, in bytes per tick, once its first waits are over: 1 KiB a second.
    private static let slowestBytesPerTick = 102
    /// A body that is whole at its first read and no larger than this is not counted: the counting would cost more than the bytes.
    private static let uncountedBytes = 4 << 10
    /// The room that a body gets at first, in bytes, and how much room for each byte that has come.
    private static let firstRoom = 64 << 10
    private static let roomPerByte = 16

    private(set) var framing: HTTP1Framing
    private var bytes = ByteBuffer()
    private var counted = 0
    private let maximumBytes: Int

    init(framing: HTTP1Framing, maximumBytes: Int) {
        self.framing = framing
        self.maximumBytes = maximumBytes
    }

    var isComplete: Bool { framing.isComplete }

    /// How many more bytes are announced; nil where that is not known.
    var announced: Int? {
        if case .length(let left) = framing { left } else { nil }
    }

    /// What is still to come.
    var left: ServerRequestState.BodyLeft { isComplete ? .nothing : announced.map { .bytes($0) } ?? .unknown }

    /// Ticks that the client has earned by what it has sent.
    var earnedTicks: Int { bytes.readableBytes / Self.slowestBytesPerTick }

    /// Checks what is announced, before anything is read.
    ///
    /// Takes nothing: an announcement costs a client nothing, so it must not cost others anything.
    func admit(_ holding: Holding) throws(GatewayError) {
        guard let announced else { return }
        try checkSize(announced)
        if announced > Self.uncountedBytes { try holding.check(announced) }
    }

    /// Takes what has come.
    mutating func read(from buffer: inout ByteBuffer, holding: inout Holding) throws(GatewayError) {
        if case .length(let left) = framing, bytes.readableBytes == 0, left <= buffer.readableBytes {
            // All of it at once, as most bodies come.
            try checkSize(left)
            if left > Self.uncountedBytes { try count(left, in: &holding) }
            bytes = buffer.readSlice(length: left) ?? ByteBuffer()
            framing = .length(0)
            return
        }
        var pieces: [ByteBuffer] = []
        do throws(HTTP1Error) {
            try framing.read(from: &buffer) { pieces.append($0) }
        } catch {
            throw GatewayError(.invalidRequest, error.message, status: error.status)
        }
        let total = pieces.reduce(bytes.readableBytes) { $0 + $1.readableBytes }
        try checkSize(total)
        try count(total, in: &holding)
        for var piece in pieces {
            if bytes.readableBytes == 0, framing.isComplete, pieces.count == 1 {
                bytes = piece
            } else {
                makeRoom(for: piece.readableBytes)
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

    private func checkSize(_ total: Int) throws(GatewayError) {
        guard total <= maximumBytes else {
            throw GatewayError.bodyTooLarge(maximumBytes)
        }
    }

    private mutating func count(_ total: Int, in holding: inout Holding) throws(GatewayError) {
        guard total > counted else { return }
        try holding.take(total - counted)
        counted = total
    }

    /// Makes room ahead for what is announced, in proportion to what has come: few copies, and no room for empty promises.
    private mutating func makeRoom(for count: Int) {
        guard bytes.writableBytes < count, case .length(let left) = framing else { return }
        let arrived = bytes.readableBytes + count
        bytes.reserveCapacity(min(arrived + left, max(Self.firstRoom, arrived * Self.roomPerByte)))
    }
}
