// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1
import NIOSSL

/// One HTTP/1.1 client connection: reads requests one after the other, starts a task for each, writes its answer.
///
/// Only its event loop touches it. While a request is served the socket is still read, within bounds, so that a client that leaves is noticed.
/// Bodies are in `ServerConnection+Body.swift`, the side that answers in `ServerConnection+Answer.swift`, what comes after an answer in
/// `ServerConnection+End.swift`, clients that end their side in `ServerConnection+Departure.swift`.
final class ServerConnection: ChannelDuplexHandler, LoopConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// How far a client may run ahead of us while its request is served, in bytes.
    static let maximumReadAhead = 64 << 10
    /// How much of that, and of an unfinished head, is not counted as held, in bytes.
    static let uncountedReadAhead = 8 << 10
    /// How long a connection keeps its place without a request, in ticks.
    static let ticksBeforeEviction = 10

    let loop: ServingLoop
    let settings: ListenerSettings
    var context: ChannelHandlerContext?
    var state = ServerRequestState()
    var inbound = ByteBuffer()
    var outbound = ByteBuffer()
    var exchange: ServerExchange?
    var requestBody: RequestBody?
    var holding: Holding
    /// Raised when the client has taken what was written, or is gone.
    let writable = LoopSignal()
    /// The tick at which the current wait is over; `.max` for none.
    var deadline: Int
    /// What was still to be sent when the wait for the client to take it began, or when it was last looked at, in bytes.
    var unsentBytes = 0
    /// The tick at which a client that ended its side is asked whether it is still there; `.max` for never.
    var departureTick = Int.max
    /// When this connection last came to rest, among all rests of its loop.
    var restingSince: Int
    /// The tick at which that was.
    var restingTick: Int
    /// Whether a request of a known caller has come on this connection.
    var isKnown = false
    let bodyNews = LoopSignal()
    var bodyError: GatewayError?
    var bodyStart = 0
    private var reader: HTTP1HeadReader
    private var readIsHeld = false
    /// Whether what has come is read when the loop gives this connection its turn.
    var waitsForTurn = false
    /// Whether the head that has begun to come is not complete; else what has come waits for its turn.
    private var needsMoreOfHead = false
    private var task: Task<Void, Never>?
    private(set) var remoteAddress = ""
    /// Whether the requests say who the client is.
    private var isFromTrustedProxy = false
    /// What the access log is told of the request that is served, if it is told of any.
    var accessNotes: AccessNotes?

    init(loop: ServingLoop, settings: ListenerSettings) {
        self.loop = loop
        self.settings = settings
        reader = HTTP1HeadReader(maximumBytes: settings.maximumHeadBytes)
        holding = Holding(settings.budget)
        deadline = loop.deadline(after: settings.clientTimeout)
        restingSince = loop.nextRest()
        restingTick = loop.tick
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        setClientAddress(context.channel.peerAddress)
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
        loop.turns.noteLook()
        if case .lingering = state.phase { return }
        if inbound.readableBytes == 0 {
            swap(&inbound, &bytes)
        } else {
            // What was read of it would stay for as long as requests follow one another.
            if inbound.readerIndex > Self.maximumReadAhead { inbound.discardReadBytes() }
            inbound.writeBuffer(&bytes)
        }
        if !waitsForTurn { process() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            writable.raise()
            if case .draining = state.phase { goOn() }
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { clientEndedItsSide() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        state.close()
        departureTick = .max
        loop.remove(self)
        task?.cancel()
        task = nil
        bodyError = GatewayError(.clientClosed, "The client closed the connection.")
        bodyNews.raise()
        writable.raise()
        requestBody = nil
        // The task may go on for a while, and nothing that it does then may count: nobody would give it back.
        exchange = nil
        holding.release()
        logAccess(isComplete: false)
        context.fireChannelInactive()
    }

    /// Says whose connection it is.
    func setClientAddress(_ address: String) {
        remoteAddress = address
        isFromTrustedProxy = settings.proxies.contains(address)
    }

    // MARK: Requests

    /// What is still to come of the request's body.
    var bodyLeft: ServerRequestState.BodyLeft { requestBody?.left ?? .nothing }

    private var mayRead: Bool {
        state.mayRead(
            bodyLeft,
            isAhead: inbound.readableBytes >= Self.maximumReadAhead,
            needsMoreOfHead: needsMoreOfHead,
            bodyHasFailed: bodyError != nil
        )
    }

    func resumeReading() {
        guard readIsHeld, mayRead, let context else { return }
        readIsHeld = false
        context.read()
    }

    func process() {
        while true {
            switch state.phase {
            case .awaitingHead:
                guard inbound.readableBytes > 0 else {
                    if state.inputIsClosed { closeAfterFlush() }
                    return
                }
                if deadline == .max || state.requestCount > 0 && reader.isAtStart {
                    deadline = loop.deadline(after: settings.clientTimeout)
                }
                do throws(HTTP1Error) {
                    guard let head = try reader.readRequest(from: &inbound) else { return try awaitRestOfHead() }
                    begin(head)
                } catch {
                    return refuse(error)
                }
            case .serving:
                feedBody()
                return countReadAhead()
            case .draining:
                return countReadAhead()
            case .skipping:
                do throws(HTTP1Error) {
                    try requestBody?.discard(from: &inbound)
                } catch {
                    return closeNow()
                }
                guard requestBody?.isComplete == true else {
                    if state.inputIsClosed { closeNow() }
                    return
                }
                state.finishSkipping()
                becomeIdle()
            case .lingering, .closed:
                return inbound.clear()
            }
        }
    }

    /// Counts what an unfinished head takes, since nobody knows yet whose it is.
    private func awaitRestOfHead() throws(HTTP1Error) {
        if state.inputIsClosed { return closeAfterFlush() }
        needsMoreOfHead = true
        resumeReading()
        guard inbound.readableBytes > Self.uncountedReadAhead else { return }
        do throws(GatewayError) {
            try holding.raise(to: inbound.readableBytes)
        } catch {
            throw .tooManyHeads
        }
    }

    /// Counts what a client sends ahead of its answers, beyond a little; a client that holds too much already loses its connection.
    private func countReadAhead() {
        guard inbound.readableBytes > Self.uncountedReadAhead,
            state.phase == .draining || requestBody?.isComplete != false
        else { return }
        do throws(GatewayError) {
            try holding.raise(to: inbound.readableBytes)
        } catch {
            closeNow()
        }
    }

    private func begin(_ head: HTTP1HeadReader.RequestHead) {
        state.begin(
            keepsAlive: head.keepsAlive,
            isCurrentVersion: head.isCurrentVersion,
            isHead: head.method == .HEAD,
            expectsContinue: head.expectsContinue
        )
        needsMoreOfHead = false
        deadline = .max
        bodyError = nil
        holding.release()
        requestBody = RequestBody(framing: head.framing, maximumBytes: settings.maximumBodyBytes)
        var request = HTTPRequest(
            method: head.method,
            target: head.target,
            headers: head.headers,
            remoteAddress: remoteAddress,
            received: .now()
        )
        request.isSecure = settings.isSecure
        if isFromTrustedProxy { settings.proxies.apply(to: &request) }
        if settings.accessLog != nil { accessNotes = AccessNotes(request) }
        let exchange = ServerExchange(
            request: request,
            number: state.requestCount,
            connection: self,
            eventLoop: loop.eventLoop
        )
        self.exchange = exchange
        if state.inputIsClosed { expectDeparture() }
        let responder = settings.responder
        let upstream = LoopUpstreamClient(loop.upstreams)
        task = Task(executorPreference: loop.executor) {
            await TaskMemory.reserve()
            await responder.respond(to: exchange, upstream: upstream)
            exchange.taskEnded()
        }
    }

    /// Answers a request that cannot be read, and closes: where its body would begin is anybody's guess.
    func refuse(_ error: HTTP1Error) {
        state.refuse()
        if error == .tlsHandshake { settings.notices.tls.log(["peer": remoteAddress]) }
        if settings.accessLog != nil { accessNotes = AccessNotes(unreadableRequestFrom: remoteAddress) }
        let (headers, body) = settings.malformedRequest(error.status, error.message)
        write(status: error.status, headers: headers, body: body)
        logAccess(isComplete: true)
        linger()
    }

    /// Forgets the task of the request that has ended.
    func forgetTask() {
        task = nil
    }

    /// Whether a head has begun to come, on a connection that has no other reason to be open.
    var isInsideHead: Bool {
        state.phase == .awaitingHead && inbound.readableBytes > 0 && (state.requestCount == 0 || !reader.isAtStart)
    }

    // MARK: Making room

    /// Whether no request has been served here for a second, so that another client may need the place more.
    var isResting: Bool { state.phase != .serving && loop.tick - restingTick >= Self.ticksBeforeEviction }

    /// How much there is to lose: nothing without a caller, a reconnection for a caller's idle connection, the rest of an answer for one that is being read.
    var worth: Int {
        guard isKnown else { return 0 }
        return state.phase == .draining || state.phase == .closed ? 2 : 1
    }

    /// Gives up the place at once, without the farewells of TLS.
    func evict() {
        guard let context else { return }
        let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        (tls ?? context).close(promise: nil)
    }
}
