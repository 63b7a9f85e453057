// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1
import NIOTLS

/// One connection to an upstream: writes a request, reads its answer, and goes back to its pool.
///
/// Only its event loop touches it. Reads follow the answer's consumer: when bytes pile up, the socket is left alone.
/// It goes back only when the request has been written and the answer read, both to their ends.
final class UpstreamConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// The largest head of an answer, in bytes.
    private static let maximumHeadBytes = 128 << 10
    /// Body pieces up to this size are copied behind the head, so that one write carries both.
    private static let copiedBodyBytes = 32 << 10
    /// Up to here an upstream is believed to have read a request that it refused; the rest of a larger one may still stand in the socket's buffers.
    private static let refusedBodyBytes = 64 << 10
    /// The ticks in which a close shows that the upstream had closed before it could read the request.
    private static let staleTicks = 10
    /// A connection with fewer answers, or one that rested, is looked at before it is used: servers close after an answer, or after a rest.
    private static let provenAnswers = 8

    let eventLoop: any EventLoop
    /// Where it leads, with port 0.
    let address: SocketAddress
    /// Kept alive by its connections: one that closes slowly (TLS) may outlive the listener.
    private let pool: DestinationPool
    private var context: ChannelHandlerContext?
    private var reader = HTTP1HeadReader(maximumBytes: maximumHeadBytes)
    private var inbound = ByteBuffer()
    private var outbound = ByteBuffer()
    private var framing: HTTP1Framing?
    private var keepsAlive = true
    private var answer: UpstreamAnswer?
    private var readIsHeld = false
    private var hasReceived = false
    private var interimHeads = InterimHeads()
    private var isHandshaking: Bool
    private var closeCause: String?
    /// The request's length without its head, and when it was begun.
    private var requestBytes = 0
    private var begunTick = 0
    /// Whether sending the request twice does no harm.
    private var isRepeatable = false
    /// Whether the first write of the request is under way, so that nothing of it has been sent if the connection closes now.
    private var isFirstWrite = false
    /// Bytes of the request that were still to be written when its deadline was last put off; nil when all have been.
    private var unwritten: Int?
    /// The tick at which the current wait is over; `.max` for none.
    private(set) var deadline = Int.max
    /// Answers that this connection has carried to their end.
    private(set) var answerCount = 0
    /// The tick at which TLS must be agreed on.
    var handshakeDeadline = Int.max
    /// Where it stands in the pool's list of connections.
    var position = 0
    /// Since which tick the name's answers lack its address; nil if they do not.
    var missingSince: Int?
    /// Whether it closes instead of being used again.
    var isRetired = false

    init(pool: DestinationPool, eventLoop: any EventLoop, address: SocketAddress, isSecure: Bool) {
        self.pool = pool
        self.eventLoop = eventLoop
        self.address = address
        isHandshaking = isSecure
    }

    var isOpen: Bool { context?.channel.isActive == true && answer == nil }

    /// Whether the next request may be sent; `afterRest` if it has been idle for a while.
    func isUsable(afterRest: Bool) -> Bool {
        guard let context, context.channel.isActive, answer == nil else { return false }
        guard afterRest || answerCount < Self.provenAnswers else { return true }
        return context.channel.isQuiet
    }

    // MARK: Requests

    func begin(_ request: UpstreamRequest) -> UpstreamAnswer {
        let answer = UpstreamAnswer(on: self)
        guard let context, context.channel.isActive else {
            answer.fail(pool.broken("The connection was closed."), mayBeSentAgain: true)
            return answer
        }
        self.answer = answer
        framing = nil
        keepsAlive = true
        hasReceived = false
        interimHeads = InterimHeads()
        unwritten = nil
        begunTick = pool.tick
        isRepeatable = request.isRepeatable
        deadline = isHandshaking ? handshakeDeadline : pool.deadline(after: request.service.timeouts.firstByte)
        write(request, to: context)
        return answer
    }

    private func write(_ request: UpstreamRequest, to context: ChannelHandlerContext) {
        let length = request.body.reduce(0) { $0 + $1.readableBytes }
        requestBytes = length
        outbound.clear()
        HTTP1HeadWriter.writeRequest(
            method: request.method,
            target: request.path,
            fixedLines: request.fixedHeaderLines,
            headers: request.headers,
            contentLength: length,
            into: &outbound
        )
        var rest = request.body[...]
        while let piece = rest.first, piece.readableBytes <= Self.copiedBodyBytes {
            outbound.writeImmutableBuffer(piece)
            rest.removeFirst()
        }
        isFirstWrite = true
        context.write(wrapOutboundOut(outbound), promise: nil)
        for piece in rest { context.write(wrapOutboundOut(piece), promise: nil) }
        context.flush()
        isFirstWrite = false
        followWriting(context)
    }

    /// While the request is being written, its progress is waited for; the time for the first byte begins after it.
    private func followWriting(_ context: ChannelHandlerContext) {
        // During the handshake nothing of the request is written, and what is writable says nothing of it.
        guard answer != nil, framing == nil, !isHandshaking else { return }
        if context.channel.isWritable {
            guard unwritten != nil else { return }
            unwritten = nil
            deadline = pool.deadline(after: pool.service.timeouts.firstByte)
        } else if unwritten == nil {
            unwritten = context.channel.unwrittenBytes ?? .max
            deadline = pool.deadline(after: pool.service.timeouts.idle)
        }
    }

    func resumeReading() {
        guard readIsHeld, answer?.isFull != true, let context else { return }
        readIsHeld = false
        context.read()
    }

    func closeNow() {
        context?.close(promise: nil)
    }

    func checkDeadline(_ tick: Int) {
        guard tick >= deadline, let answer else { return }
        // While our own client does not keep up, the upstream is not to blame.
        guard !readIsHeld else {
            deadline = pool.deadline(after: pool.service.timeouts.idle)
            return
        }
        if let before = unwritten, framing == nil, let left = context?.channel.unwrittenBytes, left < before {
            unwritten = left
            deadline = pool.deadline(after: pool.service.timeouts.idle)
            return
        }
        deadline = .max
        let what =
            isHandshaking
            ? "complete the TLS handshake"
            : framing != nil ? "continue its response" : unwritten != nil ? "read the request" : "respond"
        answer.fail(GatewayError(.upstreamTimeout, "The provider '\(pool.name)' did not \(what) in time."))
        closeNow()
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func read(context: ChannelHandlerContext) {
        if answer?.isFull == true { readIsHeld = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // The last handler: nobody else wants to know.
        if !isFirstWrite { followWriting(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard let answer else {
            // Nothing was asked: the upstream is confused, and so would be whoever got these bytes.
            return context.close(promise: nil)
        }
        hasReceived = true
        if inbound.readableBytes == 0 { swap(&inbound, &bytes) } else { inbound.writeBuffer(&bytes) }
        do throws(HTTP1Error) {
            try take(into: answer)
        } catch {
            answer.fail(pool.broken("\(error.message)"))
            return context.close(promise: nil)
        }
        if framing?.isComplete == true { finish(answer, context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // An interim head, or a part of one, is not yet what is waited for.
        if let answer, framing != nil {
            deadline = pool.deadline(after: pool.service.timeouts.idle)
            answer.wake()
        }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            isHandshaking = false
            if answer != nil { deadline = pool.deadline(after: pool.service.timeouts.firstByte) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        closeCause = "\(error)"
        // An error ends the connection, and an answer that only the end would complete is not complete.
        if case .untilClose? = framing { framing = .length(1) }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let answer {
            self.answer = nil
            if case .untilClose? = framing {
                answer.end()
                answer.wake()
            } else {
                answer.fail(pool.broken(closeCause ?? "It closed the connection."), mayBeSentAgain: mayBeSentAgain)
            }
        }
        pool.remove(self)
        context.fireChannelInactive()
    }

    /// Whether a request that the upstream left unanswered may go out once more.
    ///
    /// Only a connection that has served before can have been closed before the request came. Nothing of it was sent if its first write failed; else the upstream may
    /// have read it, and what then counts is whether that does harm. A close that comes late is an upstream's that worked on it.
    private var mayBeSentAgain: Bool {
        guard answerCount > 0, !hasReceived else { return false }
        if isFirstWrite, requestBytes <= Self.copiedBodyBytes { return true }
        return isRepeatable && pool.tick - begunTick <= Self.staleTicks
    }

    // MARK: Answers

    private func take(into answer: UpstreamAnswer) throws(HTTP1Error) {
        while framing == nil {
            let before = inbound.readableBytes
            guard let head = try reader.readResponse(from: &inbound) else { return }
            if head.status >= 200 {
                keepsAlive = head.keepsAlive
                framing = head.framing
                if case .chunked = head.framing { framing = .chunked(HTTP1ChunkReader(takesPadding: true)) }
                if answerCount == 0, let seconds = head.headers.keepAliveSeconds { pool.noteKeepAlive(seconds) }
                answer.receive(UpstreamHead(status: head.status, headers: head.headers))
            } else if head.status == 101 {
                throw .badStartLine
            } else {
                try interimHeads.add(bytes: before - inbound.readableBytes)
            }
        }
        try framing?.read(from: &inbound) { answer.receive($0) }
    }

    private func finish(_ answer: UpstreamAnswer, _ context: ChannelHandlerContext) {
        self.answer = nil
        framing = nil
        deadline = .max
        answerCount += 1
        let isWritten = context.channel.isWritable
        unwritten = nil
        answer.end()
        answer.wake()
        if readIsHeld {
            readIsHeld = false
            context.read()
        }
        let mayBeUnread = requestBytes > Self.refusedBodyBytes && answer.status >= 400
        if keepsAlive, isWritten, !mayBeUnread, inbound.readableBytes == 0, context.channel.isActive {
            inbound = ByteBuffer()
            if outbound.capacity > Self.refusedBodyBytes { outbound = ByteBuffer() }
            pool.giveBack(self)
        } else {
            context.close(promise: nil)
        }
    }
}
