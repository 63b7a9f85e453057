// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// One HTTP/1.1 client connection: reads requests one after the other, starts a task for each, writes its answer.
///
/// Only its event loop touches it. While a request is served the socket is still read, within bounds, so that a client that leaves is noticed at once.
/// The side that answers is in `ServerConnection+Answer.swift`.
final class ServerConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Between requests, or in the middle of a head.
        case awaitingHead
        /// A task serves a request.
        case serving
        /// The answer is out; the rest of the request's body is skipped.
        case skipping
        /// The answer is out and our side is closed; whatever still comes is thrown away until the client has read the answer and closes.
        case lingering
        case closed
    }

    /// How far a client may run ahead of us while its request is served, in bytes.
    private static let maximumReadAhead = 64 << 10

    /// The largest output buffer that an idle connection keeps, in bytes.
    private static let idleBufferBytes = 8 << 10

    let loop: ServingLoop
    let settings: ListenerSettings
    var context: ChannelHandlerContext?
    var phase = Phase.awaitingHead
    var inbound = ByteBuffer()
    var outbound = ByteBuffer()
    var exchange: ServerExchange?
    var requestBody: RequestBody?
    var answer = AnswerState.none
    var keepsAlive = true
    /// Whether the client knows chunked bodies; HTTP/1.0 does not.
    var allowsChunks = true
    /// Whether the answer has a body; to HEAD it has only a head.
    var answersWithBody = true
    /// Whether the answer is to something that was no request.
    private(set) var isRefusing = false
    /// Raised when the client has taken what was written, or is gone.
    let writable = LoopSignal()
    /// The tick at which the current wait is over; `.max` for none.
    var deadline: Int
    private var reader: HTTP1HeadReader
    private var expectsContinue = false
    private var bodyIsWanted = false
    private let bodyNews = LoopSignal()
    private var bodyError: GatewayError?
    private var bodyStart = 0
    private var readIsHeld = false
    private var task: Task<Void, Never>?
    private var requestCount = 0
    private var remoteAddress = ""

    init(loop: ServingLoop, settings: ListenerSettings) {
        self.loop = loop
        self.settings = settings
        reader = HTTP1HeadReader(maximumBytes: settings.maximumHeadBytes)
        deadline = loop.deadline(after: settings.clientTimeout)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        remoteAddress = context.channel.remoteAddress?.ipAddress ?? ""
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { readIsHeld = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if case .lingering = phase { return }
        if inbound.readableBytes == 0 { swap(&inbound, &bytes) } else { inbound.writeBuffer(&bytes) }
        process()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { writable.raise() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closed
        loop.remove(self)
        task?.cancel()
        task = nil
        bodyError = GatewayError(.clientClosed, "The client closed the connection.")
        bodyNews.raise()
        writable.raise()
        requestBody?.release()
        requestBody = nil
        context.fireChannelInactive()
    }

    // MARK: Requests

    private var mayRead: Bool {
        switch phase {
        case .awaitingHead, .skipping, .lingering: true
        case .serving:
            (bodyIsWanted && requestBody?.isComplete == false) || inbound.readableBytes < Self.maximumReadAhead
        case .closed: false
        }
    }

    func resumeReading() {
        guard readIsHeld, mayRead, let context else { return }
        readIsHeld = false
        context.read()
    }

    func process() {
        while true {
            switch phase {
            case .awaitingHead:
                guard inbound.readableBytes > 0 else { return }
                if deadline == .max || requestCount > 0 && reader.isAtStart {
                    deadline = loop.deadline(after: settings.clientTimeout)
                }
                do throws(HTTP1Error) {
                    guard let head = try reader.readRequest(from: &inbound) else { return }
                    begin(head)
                } catch {
                    return refuse(error)
                }
            case .serving:
                return feedBody()
            case .skipping:
                do throws(HTTP1Error) {
                    try requestBody?.discard(from: &inbound)
                } catch {
                    return closeNow()
                }
                guard requestBody?.isComplete == true else { return }
                becomeIdle()
            case .lingering, .closed:
                return inbound.clear()
            }
        }
    }

    private func begin(_ head: HTTP1HeadReader.RequestHead) {
        requestCount += 1
        phase = .serving
        deadline = .max
        keepsAlive = head.keepsAlive
        allowsChunks = head.isCurrentVersion
        answersWithBody = head.method != .HEAD
        expectsContinue = head.expectsContinue
        bodyIsWanted = false
        bodyError = nil
        answer = .none
        requestBody = RequestBody(
            framing: head.framing,
            maximumBytes: settings.maximumBodyBytes,
            budget: settings.bodyBudget
        )
        let request = HTTPRequest(
            method: head.method,
            target: head.target,
            headers: head.headers,
            remoteAddress: remoteAddress,
            received: .now()
        )
        let exchange = ServerExchange(
            request: request,
            number: requestCount,
            connection: self,
            eventLoop: loop.eventLoop
        )
        self.exchange = exchange
        let responder = settings.responder
        let upstream = LoopUpstreamClient(loop.upstreams)
        task = Task(executorPreference: loop.executor) {
            await responder.respond(to: exchange, upstream: upstream)
            exchange.taskEnded()
        }
    }

    /// Answers a request that cannot be read, and closes: where its body would begin is anybody's guess.
    private func refuse(_ error: HTTP1Error) {
        keepsAlive = false
        isRefusing = true
        answersWithBody = true
        phase = .serving
        requestCount += 1
        let (headers, body) = settings.malformedRequest(error.status, error.message)
        write(status: error.status, headers: headers, body: body)
        linger()
    }

    // MARK: Bodies

    func body(of exchange: ServerExchange) async throws(GatewayError) -> ByteBuffer {
        guard self.exchange === exchange, requestBody != nil else {
            throw bodyError ?? GatewayError(.clientClosed, "The client closed the connection.")
        }
        bodyIsWanted = true
        bodyStart = loop.tick
        try requestBody?.admit()
        feedBody()
        if requestBody?.isComplete == false, bodyError == nil {
            if expectsContinue, let context {
                expectsContinue = false
                context.writeAndFlush(
                    wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")),
                    promise: nil
                )
            }
            noteBodyProgress()
            resumeReading()
            while self.exchange === exchange, requestBody?.isComplete == false, bodyError == nil {
                await bodyNews.wait()
            }
        }
        deadline = .max
        if let bodyError { throw bodyError }
        guard self.exchange === exchange, let bytes = requestBody?.take() else {
            throw GatewayError(.clientClosed, "The client closed the connection.")
        }
        return bytes
    }

    private func feedBody() {
        guard bodyIsWanted, requestBody?.isComplete == false, bodyError == nil else { return }
        do throws(GatewayError) {
            try requestBody?.read(from: &inbound)
            noteBodyProgress()
            if requestBody?.isComplete == true { bodyNews.raise() }
        } catch {
            bodyError = error
            keepsAlive = false
            bodyNews.raise()
        }
    }

    /// Gives the client its time again; all in all it has ten times that, and more as it keeps a fair pace.
    private func noteBodyProgress() {
        let patience = ServingLoop.ticks(settings.clientTimeout) + 1
        deadline = min(loop.tick + patience, bodyStart + 10 * patience + (requestBody?.earnedTicks ?? 0))
    }

    // MARK: The end of a request

    func taskEnded(_ exchange: ServerExchange) {
        guard self.exchange === exchange else { return }
        // A responder that returns without an answer has a fault; the client must not wait for ever.
        abort(exchange)
    }

    /// Goes on to the next request once this one's answer is out.
    func requestEnded() {
        exchange = nil
        task = nil
        guard phase == .serving else { return }
        guard keepsAlive else { return linger() }
        if requestBody?.isComplete != false {
            becomeIdle()
        } else {
            requestBody?.release()
            phase = .skipping
            deadline = loop.deadline(after: settings.clientTimeout)
        }
        // Further requests may have come already. Not from here, where a task is still on the stack.
        if inbound.readableBytes > 0 { scheduleProcessing() }
        resumeReading()
    }

    /// Whether the rest of the request's body is so little that skipping it is cheaper than a new connection.
    var canSkipBody: Bool {
        guard let requestBody, !requestBody.isComplete else { return true }
        guard let left = requestBody.announced else { return false }
        return left <= Self.maximumReadAhead && !expectsContinue
    }

    private func becomeIdle() {
        requestBody?.release()
        requestBody = nil
        phase = .awaitingHead
        // An idle connection holds no buffers worth mentioning: there may be thousands.
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
        if outbound.capacity > Self.idleBufferBytes { outbound = ByteBuffer() }
        deadline = loop.deadline(after: settings.keepAliveTimeout)
        // The end of the answer may still be on its way to a client that takes its time.
        if loop.isStopping { closeAfterFlush() }
    }

    private func scheduleProcessing() {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute { bound.value.process() }
    }

    /// Closes our side and reads on for a while: closing at once would reset the connection and could destroy the answer on its way.
    func linger() {
        requestBody?.release()
        requestBody = nil
        phase = .lingering
        inbound.clear()
        deadline = loop.deadline(after: .seconds(2))
        context?.close(mode: .output, promise: nil)
        resumeReading()
    }

    // MARK: Time

    func checkDeadline(_ tick: Int) {
        guard tick >= deadline else { return }
        deadline = .max
        if case .serving = phase, bodyNews.hasWaiter {
            bodyError = GatewayError(.requestTimeout, "The request body did not arrive in time.")
            keepsAlive = false
            bodyNews.raise()
        } else if case .awaitingHead = phase, inbound.readableBytes > 0, requestCount == 0 || !reader.isAtStart {
            refuse(.slowHead)
        } else {
            closeNow()
        }
    }

    func stopWhenIdle() {
        if case .awaitingHead = phase, inbound.readableBytes == 0 { closeAfterFlush() }
    }

    func closeNow() {
        context?.close(promise: nil)
    }
}

extension ServerConnection.Phase: Equatable {}
