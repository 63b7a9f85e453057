// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// Lets connections go on with requests that have come already, and the event loop look at its sockets in between.
///
/// An event loop runs what is submitted to it until nothing is left, and only then looks at its sockets. So requests that a client sends in one go would keep it from
/// all other clients until they are served. After a few, the next ones wait for a look.
///
/// Only its event loop touches it.
final class Turns {
    /// Requests that are served before the loop must look at its sockets.
    private static let turnsBetweenLooks = 32
    private static let delay = TimeAmount.microseconds(500)
    /// Timers that are later than this ran among submitted work, without a look before them; there is an end to waiting for one that is not.
    private static let tolerance = TimeAmount.microseconds(500)
    private static let maximumAttempts = 16

    private let eventLoop: any EventLoop
    private var count = 0
    private var waiting: [any LoopConnection] = []
    private var due = NIODeadline.uptimeNanoseconds(0)
    private var attempts = 0

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// The loop has looked at its sockets.
    func noteLook() {
        count = 0
    }

    /// Has a connection go on with what it has received, soon.
    func take(_ connection: any LoopConnection) {
        guard !connection.waitsForTurn else { return }
        count += 1
        guard count > Self.turnsBetweenLooks else {
            let bound = NIOLoopBound(connection, eventLoop: eventLoop)
            return eventLoop.execute { bound.value.process() }
        }
        connection.waitsForTurn = true
        waiting.append(connection)
        if waiting.count == 1 { awaitLook() }
    }

    private func awaitLook() {
        attempts = 0
        schedule()
    }

    private func schedule() {
        due = .now() + Self.delay
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(deadline: due) { bound.value.give() }
    }

    private func give() {
        attempts += 1
        // All who could submit more wait here, so before long nothing is left and the loop looks.
        if .now() - due > Self.tolerance, attempts < Self.maximumAttempts { return schedule() }
        count = 0
        let connections = Array(waiting.prefix(Self.turnsBetweenLooks))
        waiting.removeFirst(connections.count)
        if !waiting.isEmpty { awaitLook() }
        for connection in connections {
            connection.waitsForTurn = false
            connection.process()
        }
    }
}
