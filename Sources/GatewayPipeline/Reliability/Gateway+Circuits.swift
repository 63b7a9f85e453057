// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Logging
import NIOCore

/// What attempts tell the circuit breakers of destinations.
extension Gateway {
    /// Notes that a destination is asked; nil where it is never ejected.
    func begin(
        _ call: inout Call,
        at destination: PreparedDestination,
        _ now: NIODeadline
    ) -> CircuitTicket? {
        guard let circuit = destination.circuit else { return nil }
        let ticket = circuit.begin(at: now)
        if ticket.phase != .closed { call.probe = (circuit, ticket, nil) }
        return ticket
    }

    /// Notes what became of it.
    func end(
        _ call: inout Call,
        at destination: PreparedDestination,
        _ ticket: CircuitTicket?,
        failure: GatewayError?
    ) {
        guard let ticket, let circuit = destination.circuit else { return }
        let earlier = call.probe?.change
        call.probe = nil
        // A stream may end with an error of the upstream's.
        var outcome = CircuitOutcome(failure ?? call.observation.error, at: destination.destination.service)
        // It may have had little of the call's time, or a long answer.
        if outcome == .failure, call.isOutOfTime { outcome = .none }
        switch circuit.note(outcome, of: ticket) ?? earlier {
        case .ejected(let nanoseconds):
            logger.warning(
                "A destination is ejected",
                metadata: [
                    "destination": "\(destination.destination.label)", "seconds": "\(nanoseconds / 1_000_000_000)",
                    "cause": "\(failure?.cause ?? failure.map { "\($0.code)" } ?? "an error in a stream")",
                ]
            )
        case .takenBack:
            logger.notice(
                "A destination is taken back",
                metadata: ["destination": "\(destination.destination.label)"]
            )
        case nil: break
        }
    }
}
