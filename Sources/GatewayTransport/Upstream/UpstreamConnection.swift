// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1
import NIOTLS

/// One connection to an upstream: writes a request, reads its answer, and goes back to its pool.
///
/// Only its event loop touches it. Reads follow the answer's consumer: when bytes pile up, the socket is left alone.
final class UpstreamConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// The largest head of an answer, in bytes.
    private static let maximumHeadBytes = 128 << 10
    /// Body pieces up to this size are copied behind the head, so that one write carries both.
    private static let copiedBodyBytes = 32 << 10

    let eventLoop: any EventLoop
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
    private var isHandshaking: Bool
    private var closeCause: String?
    /// The tick at which the current wait is over; `.max` for none.
    private(set) var deadline = Int.max
    /// Answers that this connection has carried to their end.
    private(set) var answerCount = 0
    /// Where it stands in the pool's list of connections.
    var position = 0

    init(pool: DestinationPool, eventLoop: any EventLoop, isSecure: Bool) {
        self.pool = pool
        self.eventLoop = eventLoop
        isHandshaking = isSecure
    }

    var isUsable: Bool { context?.channel.isActive == true && answer == nil }

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
        deadline = pool.deadline(
            after: isHandshaking ? request.service.timeouts.connect : request.service.timeouts.firstByte
        )
        write(request, to: context)
        return answer
    }

    private func write(_ request: UpstreamRequest, to context: ChannelHandlerContext) {
        let length = request.body.reduce(0) { $0 + $1.readableBytes }
        outbound.clear()
        outbound.writeString(request.method.rawValue)
        outbound.writeStaticString(" ")
        outbound.writeString(request.path)
        outbound.writeStaticString(" HTTP/1.1\r\n")
        outbound.writeImmutableBuffer(request.fixedHeaderLines)
        for (name, value) in request.headers { outbound.writeField(name, value) }
        outbound.writeStaticString("content-length: ")
        outbound.writeDecimal(length)
        outbound.writeStaticString("\r\n\r\n")
        var rest = request.body[...]
        while let piece = rest.first, piece.readableBytes <= Self.copiedBodyBytes {
            outbound.writeImmutableBuffer(piece)
            rest.removeFirst()
        }
        context.write(wrapOutboundOut(outbound), promise: nil)
        for piece in rest { context.write(wrapOutboundOut(piece), promise: nil) }
        context.flush()
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
        deadline = .max
        let what = isHandshaking ? "agree on TLS" : hasReceived ? "go on with its answer" : "answer"
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
        if let answer {
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
                let isStale = !hasReceived && answerCount > 0
                answer.fail(pool.broken(closeCause ?? "It closed the connection."), mayBeSentAgain: isStale)
            }
        }
        pool.remove(self)
        context.fireChannelInactive()
    }

    // MARK: Answers

    private func take(into answer: UpstreamAnswer) throws(HTTP1Error) {
        while framing == nil {
            guard let head = try reader.readResponse(from: &inbound) else { return }
            // Interim answers announce the real one.
            if head.status >= 200 {
                keepsAlive = head.keepsAlive
                framing = head.framing
                answer.receive(UpstreamHead(status: head.status, headers: head.headers))
            } else if head.status == 101 {
                throw .badStartLine
            }
        }
        try framing?.read(from: &inbound) { answer.receive($0) }
    }

    private func finish(_ answer: UpstreamAnswer, _ context: ChannelHandlerContext) {
        self.answer = nil
        framing = nil
        deadline = .max
        answerCount += 1
        answer.end()
        answer.wake()
        if readIsHeld {
            readIsHeld = false
            context.read()
        }
        if keepsAlive, inbound.readableBytes == 0, context.channel.isActive {
            inbound = ByteBuffer()
            pool.giveBack(self)
        } else {
            context.close(promise: nil)
        }
    }
}
