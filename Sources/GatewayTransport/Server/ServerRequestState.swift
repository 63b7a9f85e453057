// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What an HTTP/1.1 client connection is doing: events go in, what is to be done comes out.
///
/// It holds no bytes, no clock and no socket, so every order of events can be tested. ``ServerConnection`` does what it says.
package struct ServerRequestState: Equatable {
    package enum Phase: Equatable {
        /// Between requests, or in the middle of a head.
        case awaitingHead
        /// A task serves a request.
        case serving
        /// The answer is written, and the client has not taken enough of it: the next request waits.
        case draining
        /// The answer is out; the rest of the request's body is skipped.
        case skipping
        /// The answer is out and our side is closed; whatever still comes is thrown away until the client has read the answer and closes.
        case lingering
        case closed
    }

    /// How far the answer to the current request is.
    package enum Answer: Equatable {
        case none
        /// The head is in the output buffer and has not been written.
        case headPending(isChunked: Bool)
        case underWay(isChunked: Bool)
        case ended
    }

    /// What is still to come of the request's body.
    package enum BodyLeft: Equatable {
        case nothing
        case bytes(Int)
        case unknown
    }

    /// What the connection has to do.
    package enum Action: Equatable {
        case nothing
        /// Look at what has come.
        case process
        /// Go on to the next request, which may have come.
        case goOn
        /// Wait until the client has taken more of the answer.
        case drain
        /// Close our side, and read on for a while.
        case linger
        case closeAfterFlush
        case close
        /// Find out whether a client that ended its side is still there.
        case expectDeparture
        /// Tell the task that the body does not come.
        case failBody
        case refuseSlowHead
    }

    /// How a client that ended its side can be asked whether it is there: by bytes that change nothing.
    package enum Question: Equatable {
        case interimContinue
        case pendingHead
        case leadingZero
    }

    /// A body of which no more is left than this is skipped, in bytes: that is cheaper than a new connection.
    package static let skippedBodyBytes = 64 << 10

    package private(set) var phase = Phase.awaitingHead
    package private(set) var answer = Answer.none
    package private(set) var keepsAlive = true
    /// Whether the client knows chunked bodies and interim answers; HTTP/1.0 does not.
    package private(set) var isCurrentVersion = true
    /// Whether the answer has a body; to HEAD it has only a head.
    package private(set) var answersWithBody = true
    /// Whether the client has ended its side: it sends nothing more, but may still read.
    package private(set) var inputIsClosed = false
    package private(set) var bodyIsWanted = false
    package private(set) var requestCount = 0
    private var expectsContinue = false
    /// Whether the answer is to something that was no request.
    private var isRefusing = false

    package init() {}
}

// MARK: Requests

extension ServerRequestState {
    package mutating func begin(keepsAlive: Bool, isCurrentVersion: Bool, isHead: Bool, expectsContinue: Bool) {
        requestCount += 1
        phase = .serving
        answer = .none
        self.keepsAlive = keepsAlive
        self.isCurrentVersion = isCurrentVersion
        answersWithBody = !isHead
        self.expectsContinue = expectsContinue
        bodyIsWanted = false
    }

    /// Something came that is no request; it is answered, and nothing more is read.
    package mutating func refuse() {
        requestCount += 1
        phase = .serving
        keepsAlive = false
        isRefusing = true
        answersWithBody = true
    }

    package mutating func wantBody() { bodyIsWanted = true }

    /// Nothing more of the body is read, so where the next request begins is anybody's guess.
    package mutating func failBody() { keepsAlive = false }

    /// - Returns: Whether the client waits for `100 Continue`, which it then gets.
    package mutating func takeExpectation() -> Bool {
        defer { expectsContinue = false }
        return expectsContinue
    }

    /// Whether the socket may be read.
    package func mayRead(_ left: BodyLeft, isAhead: Bool, needsMoreOfHead: Bool, bodyHasFailed: Bool) -> Bool {
        switch phase {
        case .awaitingHead: needsMoreOfHead || !isAhead
        case .skipping, .lingering: true
        case .serving: bodyIsWanted && !bodyHasFailed && left != .nothing || !isAhead
        case .draining: !isAhead
        case .closed: false
        }
    }
}

// MARK: Answers

extension ServerRequestState {
    /// The whole answer is sent.
    ///
    /// - Returns: Whether it may be: there is none yet.
    package mutating func send() -> Bool {
        guard answer == .none else { return false }
        answer = .ended
        return true
    }

    /// The head of an answer is written, whose body follows.
    ///
    /// - Returns: Whether the body is chunked; nil if there is an answer already.
    package mutating func start(hasLength: Bool) -> Bool? {
        guard answer == .none else { return nil }
        let isChunked = !hasLength && isCurrentVersion
        // Without either, only the end of the connection ends the body.
        if !hasLength, !isChunked { keepsAlive = false }
        answer = .headPending(isChunked: isChunked)
        return isChunked
    }

    /// Decides, before a head is written, whether the connection can serve another request after this answer.
    ///
    /// - Parameters:
    ///   - left: What is to come of the request's body.
    ///   - hasMore: Whether bytes of a next request have come.
    ///   - isLeaving: Whether another instance is going to serve the clients.
    package mutating func settle(_ left: BodyLeft, hasMore: Bool, isLeaving: Bool) {
        if isLeaving || !canSkip(left) || inputIsClosed && !hasMore { keepsAlive = false }
    }

    private func canSkip(_ left: BodyLeft) -> Bool {
        switch left {
        case .nothing: true
        case .bytes(let count): count <= Self.skippedBodyBytes && !expectsContinue
        case .unknown: false
        }
    }

    /// A piece of the body is written.
    ///
    /// - Returns: Whether it is a chunk and whether the head goes out with it; nil if nothing may be written any more.
    package mutating func writePiece() -> (isChunked: Bool, isFirst: Bool)? {
        switch answer {
        case .headPending(let isChunked):
            answer = .underWay(isChunked: isChunked)
            return (isChunked, true)
        case .underWay(let isChunked): return (isChunked, false)
        case .none, .ended: return nil
        }
    }

    package mutating func finish() { answer = .ended }

    /// Whether the connection closes as soon as the last bytes are out.
    ///
    /// Whoever may still be sending reads a refusal only if the connection lingers.
    package func closesAfterAnswer(_ left: BodyLeft) -> Bool { !keepsAlive && !isRefusing && left == .nothing }

    /// The task gives up.
    ///
    /// - Returns: ``Answer/none`` if the client is to be told, since it has got nothing; ``Answer/ended`` if nothing is to be done; else the answer is cut off.
    package mutating func abort() -> Answer {
        let before = answer
        switch answer {
        case .none: keepsAlive = false
        case .headPending, .underWay: answer = .ended
        case .ended: break
        }
        return before
    }
}

// MARK: After an answer

extension ServerRequestState {
    /// The answer is written, to its end or as far as it goes.
    package mutating func endRequest(clientKeepsUp: Bool) -> Action {
        guard phase == .serving else { return .nothing }
        guard keepsAlive else { return .linger }
        guard !clientKeepsUp else { return .goOn }
        phase = .draining
        return .drain
    }

    /// Goes on after an answer: to the rest of the body, or to the next request.
    package mutating func goOn(_ left: BodyLeft) { phase = left == .nothing ? .awaitingHead : .skipping }

    /// The rest of a body has been skipped.
    package mutating func finishSkipping() { phase = .awaitingHead }

    /// - Returns: Whether our side is to be closed first: nothing more comes from a client that ended its own, and closing that too would throw away what was written.
    package mutating func linger() -> Action {
        guard !inputIsClosed else { return .closeAfterFlush }
        phase = .lingering
        return .linger
    }

    package mutating func close() { phase = .closed }
}

// MARK: Clients that end their side, and time

extension ServerRequestState {
    package mutating func endInput(_ left: BodyLeft) -> Action {
        guard !inputIsClosed else { return .nothing }
        inputIsClosed = true
        switch phase {
        case .serving: return bodyIsWanted && left != .nothing ? .close : .expectDeparture
        case .awaitingHead, .skipping: return .process
        case .lingering: return .close
        // What was written still goes out; that fails if nobody is there.
        case .draining, .closed: return .nothing
        }
    }

    /// How to ask a client that ended its side; nil where there is no question.
    package var question: Question? {
        switch answer {
        case .none: isCurrentVersion ? .interimContinue : nil
        case .headPending: .pendingHead
        case .underWay(let isChunked): isChunked && answersWithBody ? .leadingZero : nil
        case .ended: nil
        }
    }

    /// The wait that the connection was in is over.
    package mutating func timeOut(bodyIsAwaited: Bool, isInsideHead: Bool) -> Action {
        if phase == .serving, bodyIsAwaited {
            keepsAlive = false
            return .failBody
        }
        return isInsideHead ? .refuseSlowHead : .close
    }
}
