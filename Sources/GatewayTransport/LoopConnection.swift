// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What an event loop needs of a client connection, whatever protocol it speaks: so all share deadlines, turns and the places that there are.
///
/// Only its event loop touches it.
protocol LoopConnection: AnyObject {
    // MARK: Time

    /// Ends the wait that is over; called at each tick of ``ServingLoop``.
    func checkDeadline(_ tick: Int)

    /// Closes soon unless a request is served, because the listener stops.
    func stopWhenIdle()

    func closeNow()

    // MARK: Turns

    /// Whether what has come is read when the loop gives this connection its turn.
    var waitsForTurn: Bool { get set }

    /// Goes on with what has come.
    func process()

    // MARK: Making room

    /// Whether no request has been served here for a second, so that another client may need the place more.
    var isResting: Bool { get }

    /// When it last came to rest, among all rests of its loop.
    var restingSince: Int { get }

    /// Whether a request of a known caller has come.
    var isKnown: Bool { get }

    /// How much there is to lose, from 0 on; the least goes first.
    var worth: Int { get }

    /// Gives up the place at once, without farewells.
    func evict()
}
