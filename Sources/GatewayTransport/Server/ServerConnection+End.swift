// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// What comes after an answer: the next request, a rest, the end.
extension ServerConnection {
    /// The largest output buffer that an idle connection keeps, in bytes.
    private static let idleBufferBytes = 8 << 10

    // MARK: The end of a request

    func taskEnded(_ exchange: ServerExchange) {
        guard self.exchange === exchange else { return }
        // A responder that returns without an answer has a fault; the client must not wait for ever.
        abort(exchange)
    }

    /// Goes on to the next request once this one's answer is out.
    func requestEnded() {
        exchange = nil
        forgetTask()
        departureTick = .max
        logAccess(isComplete: true)
        switch state.endRequest(clientKeepsUp: context?.channel.isWritable != false) {
        case .linger: linger()
        case .goOn: goOn()
        case .drain:
            rest(for: settings.keepAliveTimeout)
            if let context { countUnsent(context) }
        default: break
        }
    }

    func goOn() {
        state.goOn(bodyLeft)
        if state.phase == .skipping {
            holding.release()
            rest(for: settings.clientTimeout)
        } else {
            becomeIdle()
        }
        // Further requests may have come already. Not from here, where a task is still on the stack.
        if inbound.readableBytes > 0 || state.inputIsClosed { loop.turns.take(self) }
        resumeReading()
    }

    /// Counts what waits to be sent to a client that does not read; one that holds too much already loses its connection.
    func countUnsent(_ context: ChannelHandlerContext) {
        unsentBytes = bytesToSend(context)
        guard context.channel.isActive, !context.channel.isWritable else { return }
        do throws(GatewayError) {
            try holding.raise(to: unsentBytes)
        } catch {
            closeNow()
        }
    }

    private func bytesToSend(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Whether the client has taken some of what waits to be sent since this was last asked, and has more to take.
    private func clientTakesItsAnswer() -> Bool {
        switch state.phase {
        case .serving where !bodyNews.hasWaiter, .draining, .closed: break
        default: return false
        }
        guard let context else { return false }
        let left = bytesToSend(context)
        defer { unsentBytes = left }
        return left > 0 && left < unsentBytes
    }

    func becomeIdle() {
        holding.release()
        requestBody = nil
        // An idle connection holds no buffers worth mentioning: there may be thousands.
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
        if outbound.capacity > Self.idleBufferBytes { outbound = ByteBuffer() }
        rest(for: settings.keepAliveTimeout)
        // The end of the answer may still be on its way to a client that takes its time.
        if loop.isStopping { closeAfterFlush() }
    }

    private func rest(for time: Duration) {
        restingSince = loop.nextRest()
        restingTick = loop.tick
        deadline = loop.deadline(after: time)
    }

    /// Closes our side and reads on for a while: closing at once would reset the connection and could destroy the answer on its way.
    func linger() {
        guard case .linger = state.linger() else { return closeAfterFlush() }
        requestBody = nil
        holding.release()
        inbound.clear()
        rest(for: .seconds(2))
        context?.close(mode: .output, promise: nil)
        resumeReading()
    }

    // MARK: Time

    func checkDeadline(_ tick: Int) {
        if tick >= departureTick { askWhetherClientIsThere() }
        guard tick >= deadline else { return }
        // Who reads a long answer steadily gets all of it.
        if clientTakesItsAnswer() { return deadline = loop.deadline(after: settings.keepAliveTimeout) }
        deadline = .max
        switch state.timeOut(bodyIsAwaited: bodyNews.hasWaiter, isInsideHead: isInsideHead) {
        case .failBody:
            bodyError = GatewayError(.requestTimeout, "The request body did not arrive in time.")
            bodyNews.raise()
        case .refuseSlowHead: refuse(.slowHead)
        default: closeNow()
        }
    }

    /// Closes an idle connection because the listener stops.
    ///
    /// One that was in use within the last second stays until it has rested that long: its client's next request may be on the way, and would be cut off. It is
    /// served, and its response tells the client to close.
    func stopWhenIdle() {
        guard case .awaitingHead = state.phase, inbound.readableBytes == 0 else { return }
        let end = restingTick + Self.ticksBeforeEviction
        if loop.tick >= end { closeAfterFlush() } else { deadline = min(deadline, end) }
    }

    func closeNow() {
        context?.close(promise: nil)
    }
}
