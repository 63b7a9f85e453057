// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// One attempt to connect to an upstream: waits for the name's addresses, tries them in turn, and takes the first that accepts (RFC 8305).
///
/// Only its event loop touches it. It ends once: with a connection, with the last address' failure, at its deadline, or when the client has left; whatever is then still
/// connecting is closed.
final class ConnectionAttempt {
    /// How long an address may keep silent before the next one is tried beside it (RFC 8305, 5).
    static let delay = TimeAmount.milliseconds(250)
    /// After how many ticks without a connection the name may have moved; and how many a failed attempt waits for a newer answer about it.
    private static let renewalTicks = 10

    /// How long the connection may take, TLS included.
    private let time: Duration
    /// The tick at which it must be there.
    let limit: Int
    /// The tick at which the attempt has failed.
    private var deadline: Int
    private let begunTick: Int
    private let pool: DestinationPool
    private var continuation: UnsafeContinuation<Result<Void, GatewayError>, Never>?
    /// What it ended with, where it was successful.
    private(set) var connection: UpstreamConnection?
    /// The connections that are being made, by number.
    private var candidates: [Int: UpstreamConnection] = [:]
    private var lastNumber = 0
    private var untried: ArraySlice<SocketAddress> = []
    private var tried: Set<SocketAddress> = []
    /// The version of the name's addresses that are being tried.
    private var version = 0
    private var timer: Scheduled<Void>?
    private var failure: GatewayError?
    private var isRenewed = false
    /// Whether it waits to be told the addresses of the name.
    private(set) var awaitsName = false

    init(pool: DestinationPool, time: Duration) {
        self.pool = pool
        self.time = time
        limit = pool.deadline(after: time)
        deadline = limit
        begunTick = pool.tick
    }

    /// Runs to the end; ends at once when the task is cancelled.
    func run() async -> Result<Void, GatewayError> {
        let bound = NIOLoopBound(self, eventLoop: pool.eventLoop)
        let eventLoop = pool.eventLoop
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                self.continuation = continuation
                if Task.isCancelled { end(with: .left) } else { start() }
            }
        } onCancel: {
            eventLoop.execute { bound.value.end(with: .left) }
        }
    }

    /// Fails the attempt, unless it has ended.
    func end(with error: GatewayError) {
        end(.failure(error))
    }

    /// Fails the attempt if its time is over; asks whether the name has moved if its addresses keep silent.
    func check(_ tick: Int) {
        guard tick < deadline else {
            let what = awaitsName ? "Its name did not resolve in time." : "It did not accept a connection in time."
            return end(with: failure ?? pool.unreached(what))
        }
        guard pool.literal == nil, !awaitsName, untried.isEmpty, tick - begunTick >= Self.renewalTicks else { return }
        pool.renewName()
        if let answer = pool.knownAddresses(), case .addresses(_, let version) = answer, version != self.version {
            use(answer)
        }
    }

    // MARK: Addresses

    private func start() {
        if let address = pool.literal { return use([address]) }
        guard let answer = pool.knownAddresses() else { return awaitName(mustBeNew: false) }
        use(answer)
    }

    private func awaitName(mustBeNew: Bool) {
        awaitsName = true
        pool.awaitName(mustBeNew: mustBeNew)
    }

    /// Goes on with what has become known of the name.
    func use(_ answer: NameAnswer) {
        awaitsName = false
        switch answer {
        case .addresses(let addresses, let version):
            self.version = version
            use(addresses.inTurns(avoiding: pool.isUnreachable).filter { !tried.contains($0) })
        case .failure(let cause):
            end(with: failure ?? pool.unreached("The name '\(pool.endpoint.host)' did not resolve: \(cause)"))
        }
    }

    private func use(_ addresses: [SocketAddress]) {
        untried = addresses[...]
        tryNext()
    }

    /// Tries the next address; fails where there is none and nothing is under way.
    private func tryNext() {
        timer?.cancel()
        timer = nil
        guard continuation != nil else { return }
        guard let address = untried.popFirst() else {
            if candidates.isEmpty { noneIsLeft() }
            return
        }
        tried.insert(address)
        lastNumber += 1
        let number = lastNumber
        let bound = NIOLoopBound(self, eventLoop: pool.eventLoop)
        pool.connect(to: address, within: time) { connection in
            bound.value.began(number, connection)
        } completion: { outcome in
            bound.value.connected(number, address, outcome)
        }
        guard !untried.isEmpty else { return }
        timer = pool.eventLoop.scheduleTask(in: Self.delay) { bound.value.tryNext() }
    }

    private func began(_ number: Int, _ connection: UpstreamConnection) {
        if continuation == nil { connection.closeNow() } else { candidates[number] = connection }
    }

    private func connected(_ number: Int, _ address: SocketAddress, _ outcome: Result<Void, any Error>) {
        let connection = candidates.removeValue(forKey: number)
        switch outcome {
        case .success:
            guard let connection else { return }
            guard continuation != nil else { return connection.closeNow() }
            pool.note(address, isReachable: true)
            self.connection = connection
            end(.success(()))
        case .failure(let error):
            guard continuation != nil else { return }
            pool.note(address, isReachable: false)
            failure = pool.unreached("\(error)")
            tryNext()
        }
    }

    /// Every address has failed: the name may have moved since it was looked up.
    private func noneIsLeft() {
        if pool.literal == nil, !isRenewed, pool.isNameWorthAsking {
            isRenewed = true
            deadline = min(deadline, pool.tick + Self.renewalTicks)
            return awaitName(mustBeNew: true)
        }
        end(with: failure ?? pool.unreached("Its name has no address."))
    }

    private func end(_ outcome: Result<Void, GatewayError>) {
        guard let continuation else { return }
        self.continuation = nil
        awaitsName = false
        timer?.cancel()
        timer = nil
        untried = []
        // Each is taken out by its own completion.
        for connection in candidates.values { connection.closeNow() }
        continuation.resume(returning: outcome)
    }
}

extension GatewayError {
    /// What a call ends with whose client is gone.
    static var left: GatewayError { GatewayError(.clientClosed, "The client closed the connection.") }
}
