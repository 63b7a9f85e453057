// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// One answer on its way from an upstream connection to the task that asked for it.
///
/// Only the event loop of its connection touches it. The connection fills it; the task empties it and waits when there is nothing.
final class UpstreamAnswer {
    /// Bytes of the body that may wait here before the upstream is no longer read.
    static let highWaterMark = 256 << 10

    private(set) var head: UpstreamHead?
    private var pending = ByteBuffer()
    private var isEnded = false
    private var failure: GatewayError?
    /// Whether the upstream closed a connection that had served before, without a byte of this answer.
    private(set) var mayBeSentAgain = false
    private let news = LoopSignal()
    /// The connection, until the answer has ended.
    private var connection: UpstreamConnection?
    /// What undoes a compression that nobody asked for; nil for almost all answers.
    private var decoding: ContentDecoding?

    init(on connection: UpstreamConnection) {
        self.connection = connection
    }

    // MARK: The connection's side

    var status: Int { head?.status ?? 0 }

    var isFull: Bool { pending.readableBytes >= Self.highWaterMark }

    func receive(_ head: UpstreamHead) {
        self.head = head
        if let coding = head.contentCoding {
            decoding = ContentDecoding(coding)
            self.head?.headers.remove(name: "content-encoding")
            self.head?.headers.remove(name: "content-length")
        }
    }

    func receive(_ bytes: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = bytes
        } else {
            pending.writeImmutableBuffer(bytes)
        }
    }

    /// The body is complete; the connection is no longer this answer's.
    func end() {
        isEnded = true
        connection = nil
    }

    func fail(_ error: GatewayError, mayBeSentAgain: Bool = false) {
        guard !isEnded, failure == nil else { return }
        failure = error
        self.mayBeSentAgain = mayBeSentAgain
        connection = nil
        wake()
    }

    /// Lets the task look again; called once per read from the socket.
    func wake() {
        news.raise()
    }

    // MARK: The task's side

    func awaitHead() async throws(GatewayError) {
        while head == nil {
            if let failure { throw failure }
            await wait()
        }
    }

    func next() async throws(GatewayError) -> ByteBuffer? {
        if let decoding { return try await next(decoding) }
        while true {
            if pending.readableBytes > 0 {
                let bytes = pending
                pending = ByteBuffer()
                connection?.resumeReading()
                return bytes
            }
            if let failure { throw failure }
            if isEnded { return nil }
            await wait()
        }
    }

    private func next(_ decoding: ContentDecoding) async throws(GatewayError) -> ByteBuffer? {
        while true {
            if decoding.yieldsFirst { await Task.yield() }
            do throws(ContentDecoding.Failure) {
                let before = pending.readableBytes
                let bytes = try decoding.decode(&pending)
                if !isFull { connection?.resumeReading() }
                if bytes.readableBytes > 0 { return bytes }
                // Bytes may have been taken that say nothing yet, as those of a header.
                if pending.readableBytes < before { continue }
                if isEnded {
                    try decoding.checkEnd()
                    return nil
                }
            } catch {
                return try giveUp(error)
            }
            if let failure { throw failure }
            await wait()
        }
    }

    /// Ends an answer that cannot be decoded.
    ///
    /// Of an upstream's error the status is left, which says enough.
    private func giveUp(_ cause: ContentDecoding.Failure) throws(GatewayError) -> ByteBuffer? {
        let connection = connection
        let error = GatewayError(
            .upstreamUnavailable,
            "The provider compressed its response, although the gateway did not ask for that. \(cause.reason)",
            cause: cause.reason
        )
        pending.clear()
        fail(error)
        connection?.closeNow()
        if status >= 400 { return nil }
        throw error
    }

    func noteContent() {
        connection?.noteContent()
    }

    var hasEnded: Bool { isEnded && pending.readableBytes == 0 && decoding?.isComplete ?? true }

    func cancel() {
        guard let connection else { return }
        fail(GatewayError(.clientClosed, "The client closed the connection."))
        connection.closeNow()
    }

    private func wait() async {
        guard let connection else { return }
        let bound = NIOLoopBound(self, eventLoop: connection.eventLoop)
        let eventLoop = connection.eventLoop
        await withTaskCancellationHandler {
            await news.wait()
        } onCancel: {
            if eventLoop.inEventLoop { bound.value.cancel() } else { eventLoop.execute { bound.value.cancel() } }
        }
    }
}

/// The task's handle on an answer; its members must be used on the event loop that made it.
struct UpstreamAnswerHandle: UpstreamExchange {
    private let answer: NIOLoopBound<UpstreamAnswer>

    init(_ answer: UpstreamAnswer, eventLoop: any EventLoop) {
        self.answer = NIOLoopBound(answer, eventLoop: eventLoop)
    }

    var head: UpstreamHead { answer.value.head ?? UpstreamHead(status: 502, headers: [:]) }

    func next() async throws(GatewayError) -> ByteBuffer? { try await answer.value.next() }

    var hasEnded: Bool { answer.value.hasEnded }

    func noteContent() { answer.value.noteContent() }

    func cancel() { answer.value.cancel() }
}
