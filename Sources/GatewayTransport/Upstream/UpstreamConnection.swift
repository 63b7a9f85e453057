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
    /// A connection with fewer answers, or one that rested, is looked at before it is used: servers close after an answer, or after a rest.
    private static let provenAnswers = 8

    let eventLoop: any EventLoop
    /// Where it leads, with port 0.
    let address: SocketAddress
    /// Kept alive by its connections: one that closes slowly (TLS) may outlive the listener.
    let pool: DestinationPool
    private var context: ChannelHandlerContext?
    private var reader = HTTP1HeadReader(maximumBytes: maximumHeadBytes)
    private var inbound = ByteBuffer()
    private var outbound = ByteBuffer()
    private var framing: HTTP1Framing?
    /// The request that is under way, and its answer.
    private var state: UpstreamRequestState?
    private var answer: UpstreamAnswer?
    private var readIsHeld = false
    private var interimHeads = InterimHeads()
    private var isHandshaking: Bool
    /// Whether the proxy has yet to open the tunnel.
    private(set) var awaitsTunnel: Bool
    private var closeCause: String?
    /// The tick at which the current wait is over; `.max` for none.
    private(set) var deadline = Int.max
    /// How long the request under way waits.
    private var timeouts: ProviderService.Timeouts
    /// The ticks at which the content of the answer must have begun, and the answer must have ended.
    private var limits = (content: Int.max, end: Int.max)
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

    init(pool: DestinationPool, eventLoop: any EventLoop, address: SocketAddress, hasHandshake: Bool) {
        self.pool = pool
        self.eventLoop = eventLoop
        self.address = address
        isHandshaking = hasHandshake
        timeouts = pool.service.timeouts
        awaitsTunnel = pool.service.address.isSecure && pool.service.route.proxy != nil
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
        interimHeads = InterimHeads()
        let length = request.body.reduce(0) { $0 + $1.readableBytes }
        state = UpstreamRequestState(
            bodyBytes: length,
            isRepeatable: request.isRepeatable,
            tick: pool.tick,
            hasServed: answerCount > 0,
            isHandshaking: isHandshaking
        )
        timeouts = request.timeouts
        limits.content = request.contentTimeout.map { pool.deadline(after: $0) } ?? .max
        limits.end = request.deadline.map { pool.deadline(after: .nanoseconds(($0 - .now()).nanoseconds)) } ?? .max
        beginWait()
        write(request, length, to: context)
        return answer
    }

    /// Gives what is waited for now its time.
    private func beginWait() {
        switch state?.wait {
        case .handshake: deadline = handshakeDeadline
        case .firstByte: deadline = pool.deadline(after: timeouts.firstByte)
        case .writing, .more: deadline = pool.deadline(after: timeouts.idle)
        case nil: deadline = .max
        }
    }

    private func write(_ request: UpstreamRequest, _ length: Int, to context: ChannelHandlerContext) {
        outbound.clear()
        HTTP1HeadWriter.writeRequest(
            method: request.method,
            target: pool.forwarding.map { $0.origin + request.path } ?? request.path,
            fixedLines: request.fixedHeaderLines,
            headers: pool.forwarding.map { request.headers + $0.headers } ?? request.headers,
            contentLength: length,
            into: &outbound
        )
        var rest = request.body[...]
        while let piece = rest.first, piece.readableBytes <= UpstreamRequestState.copiedBodyBytes {
            outbound.writeImmutableBuffer(piece)
            rest.removeFirst()
        }
        context.write(wrapOutboundOut(outbound), promise: nil)
        for piece in rest { context.write(wrapOutboundOut(piece), promise: nil) }
        context.flush()
        state?.endFirstWrite()
        followWriting(context)
    }

    private func followWriting(_ context: ChannelHandlerContext) {
        let isWritten = context.channel.isWritable
        let left = isWritten ? 0 : context.channel.unwrittenBytes ?? .max
        if state?.followWriting(isWritten: isWritten, left: left) == true { beginWait() }
    }

    func resumeReading() {
        guard readIsHeld, answer?.isFull != true, let context else { return }
        readIsHeld = false
        context.read()
    }

    func closeNow() {
        context?.close(promise: nil)
    }

    /// The content of the answer has begun.
    func noteContent() { limits.content = .max }

    func checkDeadline(_ tick: Int) {
        guard tick >= min(deadline, limits.content, limits.end), let answer else { return }
        if tick >= limits.end { return fail(answer, didNot: "end its response") }
        if tick >= limits.content, state?.wait == .more { return fail(answer, didNot: "begin its response") }
        if tick < limits.content,
            state?.hasMoreTime(isHeldBack: readIsHeld, left: context?.channel.unwrittenBytes) == true
        {
            deadline = pool.deadline(after: timeouts.idle)
            return
        }
        deadline = .max
        if awaitsTunnel { return failTunnel(answer) }
        let what =
            switch state?.wait {
            case .handshake: "complete the TLS handshake"
            case .writing: "read the request"
            case .more: "continue its response"
            case .firstByte, nil: "respond"
            }
        fail(answer, didNot: what, isUnsent: state?.wait == .handshake)
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
        if state?.isFirstWrite != true { followWriting(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard let answer else {
            // Nothing was asked: the upstream is confused, and so would be whoever got these bytes.
            return context.close(promise: nil)
        }
        state?.receive()
        if inbound.readableBytes == 0 { swap(&inbound, &bytes) } else { inbound.writeBuffer(&bytes) }
        do throws(HTTP1Error) {
            try take(into: answer)
        } catch {
            answer.fail(pool.broken(error.message))
            return context.close(promise: nil)
        }
        if framing?.isComplete == true { finish(answer, context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // An interim head, or a part of one, is not yet what is waited for.
        if let answer, framing != nil {
            beginWait()
            answer.wake()
        }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            isHandshaking = false
            state?.endHandshake()
            beginWait()
        }
        if event is ProxyTunnel.Opened { awaitsTunnel = false }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What comes later follows from the first.
        closeCause = closeCause ?? cause(of: error)
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
                let mayBeSentAgain = state?.mayBeSentAgain(atTick: pool.tick) == true
                var error = pool.broken(closeCause ?? "It closed the connection.")
                error.isUnsent = state?.wait == .handshake
                answer.fail(error, mayBeSentAgain: mayBeSentAgain)
            }
        }
        pool.remove(self)
        context.fireChannelInactive()
    }

    // MARK: Answers

    private func take(into answer: UpstreamAnswer) throws(HTTP1Error) {
        while framing == nil {
            let before = inbound.readableBytes
            guard let head = try reader.readResponse(from: &inbound) else { return }
            if head.status == 407, let forwarding = pool.forwarding {
                // It is the proxy's answer, and not for the client.
                answer.fail(pool.broken("\(ProxyError(proxy: forwarding.proxy, reason: .refused(407)))"))
                return closeNow()
            } else if head.status >= 200 {
                state?.receiveHead(status: head.status, keepsAlive: head.keepsAlive)
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
        let mayBeReused =
            state?.mayBeReused(isWritten: context.channel.isWritable, hasMoreInput: inbound.readableBytes > 0) == true
        self.answer = nil
        state = nil
        framing = nil
        deadline = .max
        limits = (.max, .max)
        answerCount += 1
        answer.end()
        answer.wake()
        if readIsHeld {
            readIsHeld = false
            context.read()
        }
        if mayBeReused, context.channel.isActive {
            inbound = ByteBuffer()
            if outbound.capacity > UpstreamRequestState.refusedBodyBytes { outbound = ByteBuffer() }
            pool.giveBack(self)
        } else {
            context.close(promise: nil)
        }
    }
}
