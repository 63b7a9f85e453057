// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// Clients that end their side of the connection (FIN).
///
/// TCP says the same of a client that has left and of one that has sent all it has to say and waits for its answer (`nc -N`, some proxies): only bytes of ours
/// tell them apart, since the system of a client that has left answers them with a reset. So what we write is the question:
///
/// - Bytes of the answer that go out anyway, if any do within a millisecond of the request.
/// - Else an interim `100 Continue`, which every client of HTTP/1.1 must take and pass over (RFC 9110, 15.2), before the answer begins.
/// - Else, within a chunked answer, a leading zero of the next chunk's size, which changes nothing (RFC 9112, 7.1).
/// - Where there is no such question (HTTP/1.0 before its answer, and the middle of a body with a length), the client counts as gone after three seconds.
///
/// A client that left is thus noticed within milliseconds and a round trip, and one that waits gets its answer, however long that takes. nginx and Envoy take the end
/// of the client's side for its departure, which cancels the call of a client that waits; Node and Go go on without asking, which pays for answers that nobody reads.
extension ServerConnection {
    /// How long after its request a client is asked at the earliest: answers that need no upstream come before.
    private static let timeBeforeAsking = TimeAmount.milliseconds(1)
    /// How long a client that cannot be asked is waited for, in ticks.
    private static let ticksWithoutAsking = 30

    func clientEndedItsSide() {
        switch state.endInput(bodyLeft) {
        case .close: closeNow()
        case .expectDeparture: expectDeparture()
        case .process: process()
        default: break
        }
    }

    func expectDeparture() {
        guard let exchange else { return }
        departureTick = loop.tick + 1 + Self.ticksWithoutAsking
        // A client that waited for a while and then ends its side has hardly anything else in mind than to leave.
        let time = exchange.request.received + Self.timeBeforeAsking
        guard time > .now() else { return askIfPossible() }
        let number = exchange.number
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.scheduleTask(deadline: time) {
            guard bound.value.exchange?.number == number, bound.value.departureTick != .max else { return }
            bound.value.askIfPossible()
        }
    }

    private func askIfPossible() {
        if state.question != nil { askWhetherClientIsThere() }
    }

    func askWhetherClientIsThere() {
        departureTick = .max
        guard state.phase == .serving, exchange != nil, let context else { return }
        switch state.question {
        case .interimContinue: writeContinue(context)
        case .pendingHead:
            _ = state.writePiece()
            context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
        case .leadingZero: context.writeAndFlush(wrapOutboundOut(ByteBuffer(staticString: "0")), promise: nil)
        case nil: return closeNow()
        }
        // The reset of a client on this machine is there already; that of another one comes as an event.
        let error = try? context.channel.syncOptions?.getOption(.socketOption(.so_error))
        if let error, error != 0 { closeNow() }
    }
}
