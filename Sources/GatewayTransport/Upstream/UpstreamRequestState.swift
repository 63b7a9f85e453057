// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// One request on an upstream connection: how much of it is written, how much of its answer is read, and what follows from that.
///
/// It holds no bytes, no clock and no socket, so every order of events can be tested. ``UpstreamConnection`` does what it says.
package struct UpstreamRequestState: Equatable {
    /// What is waited for, each for a time of its own.
    package enum Wait: Equatable {
        case handshake
        /// The upstream is to read more of the request.
        case writing
        case firstByte
        /// The answer is to go on.
        case more
    }

    /// Bodies up to this size go out with their head, in one write.
    package static let copiedBodyBytes = 32 << 10
    /// Up to here an upstream is believed to have read a request that it refused; the rest of a larger one may still stand in the socket's buffers.
    package static let refusedBodyBytes = 64 << 10
    /// The ticks in which a close shows that the upstream had closed before it could read the request.
    private static let staleTicks = 10

    package private(set) var wait: Wait
    /// The request's length without its head.
    private let bodyBytes: Int
    private let begunTick: Int
    /// Whether sending the request twice does no harm.
    private let isRepeatable: Bool
    /// Whether the connection has carried an answer before.
    private let hasServed: Bool
    /// Whether the first write of the request is under way, so that nothing of it has been sent if the connection closes now.
    package private(set) var isFirstWrite = true
    private var hasReceived = false
    /// What the head of the answer said; nil before it.
    private var status: Int?
    private var keepsAlive = false
    /// Bytes of the request that were still to be written when its deadline was last put off.
    private var unwritten = 0

    package init(bodyBytes: Int, isRepeatable: Bool, tick: Int, hasServed: Bool, isHandshaking: Bool) {
        self.bodyBytes = bodyBytes
        self.isRepeatable = isRepeatable
        begunTick = tick
        self.hasServed = hasServed
        wait = isHandshaking ? .handshake : .firstByte
    }

    package mutating func endFirstWrite() { isFirstWrite = false }

    package mutating func endHandshake() {
        if wait == .handshake { wait = .firstByte }
    }

    /// Looks at how the request is being written; the time for the first byte begins after it.
    ///
    /// During the handshake nothing of it is written, and what is writable says nothing of it.
    /// - Parameters:
    ///   - isWritten: Whether the socket takes more than there is.
    ///   - left: Bytes that are still to be written.
    /// - Returns: Whether another wait begins.
    package mutating func followWriting(isWritten: Bool, left: Int) -> Bool {
        switch wait {
        case .writing where isWritten:
            wait = .firstByte
            return true
        case .firstByte where !isWritten:
            wait = .writing
            unwritten = left
            return true
        default: return false
        }
    }

    /// Bytes of an answer have come.
    package mutating func receive() { hasReceived = true }

    /// The head of the answer has come, not an interim one.
    package mutating func receiveHead(status: Int, keepsAlive: Bool) {
        self.status = status
        self.keepsAlive = keepsAlive
        wait = .more
    }

    /// The time of the wait is over.
    ///
    /// - Parameters:
    ///   - isHeldBack: Whether the answer is not read, since its client does not keep up: then the upstream is not to blame.
    ///   - left: Bytes that are still to be written.
    /// - Returns: Whether it has more time; else the request has failed.
    package mutating func hasMoreTime(isHeldBack: Bool, left: Int?) -> Bool {
        if isHeldBack { return true }
        guard wait == .writing, let left, left < unwritten else { return false }
        unwritten = left
        return true
    }

    /// Whether the connection can carry another request, now that the answer has been read to its end.
    ///
    /// - Parameters:
    ///   - isWritten: Whether all of the request has been written.
    ///   - hasMoreInput: Whether bytes follow the answer that nobody asked for.
    /// - Returns: Whether it can.
    package func mayBeReused(isWritten: Bool, hasMoreInput: Bool) -> Bool {
        guard let status, keepsAlive, isWritten, !hasMoreInput else { return false }
        return bodyBytes <= Self.refusedBodyBytes || status < 400
    }

    /// Whether a request that the upstream left unanswered may go out once more.
    ///
    /// Only a connection that has served before can have been closed before the request came. Nothing of it was sent if its first write failed; else the upstream may
    /// have read it, and what then counts is whether that does harm. A close that comes late is an upstream's that worked on it.
    package func mayBeSentAgain(atTick tick: Int) -> Bool {
        guard hasServed, !hasReceived else { return false }
        if isFirstWrite, bodyBytes <= Self.copiedBodyBytes { return true }
        return isRepeatable && tick - begunTick <= Self.staleTicks
    }
}
