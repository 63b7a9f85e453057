// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// What is known of a name.
package enum NameAnswer: Sendable {
    /// Addresses with port 0, the best first; the version is another one when the set of addresses is.
    case addresses([SocketAddress], version: Int)
    /// Why there is none.
    case failure(String)
}

/// The names that were asked for, as a state machine without I/O: what is known of each, and whose turn it is to be looked up.
///
/// One look-up per name at a time, however many wait for it. What was known is good until something newer is: a look-up that is slow or fails takes nothing away.
/// Look-ups are bounded in number, and those of names that were slow the last time to a part of it, so that hanging names leave room for the others.
package struct NameTable<Waiter> {
    package enum Phase: Equatable {
        case resting
        case queued
        case running(since: NIODeadline)
    }

    package struct Entry {
        package var addresses: [SocketAddress] = []
        package var version = 0
        /// Why the last look-up failed; nil if it did not.
        package var failure: String?
        /// Until when there is no need to ask again.
        package var freshUntil = NIODeadline.uptimeNanoseconds(0)
        package var lastEnd = NIODeadline.uptimeNanoseconds(0)
        package var lastUse = NIODeadline.uptimeNanoseconds(0)
        package var phase = Phase.resting
        package var wasSlow = false
        package var waiters: [Int: Waiter] = [:]

        var answer: NameAnswer? {
            if !addresses.isEmpty { return .addresses(addresses, version: version) }
            return failure.map { .failure($0) }
        }
    }

    private let bounds: NameResolver.Bounds
    package private(set) var entries: [String: Entry] = [:]
    private var queue: [String] = []
    private var running = 0
    private var runningSlow = 0

    package init(_ bounds: NameResolver.Bounds) {
        self.bounds = bounds
    }

    /// What is known of a name, as of now; nil where that is nothing, or a failure that is over.
    ///
    /// - Returns: The answer, and whether the caller must start a look-up of the name.
    package mutating func ask(_ name: String, now: NIODeadline) -> (answer: NameAnswer?, starts: Bool) {
        guard makeRoom(for: name, now: now) else { return (.failure("Too many names are being looked up."), false) }
        entries[name, default: Entry()].lastUse = now
        guard let entry = entries[name], now >= entry.freshUntil else { return (entries[name]?.answer, false) }
        let starts = begin(name, now: now)
        return (entry.addresses.isEmpty ? nil : entry.answer, starts)
    }

    /// Keeps a waiter until the look-up of the name ends, the one under way or else a new one.
    ///
    /// Where `mustBeNew`, an answer is of no use that has come just now, after the caller asked.
    ///
    /// - Returns: The answer where there is no need to wait for one, and whether the caller must start a look-up.
    package mutating func wait(
        _ waiter: Waiter,
        ticket: Int,
        for name: String,
        mustBeNew: Bool,
        now: NIODeadline
    ) -> (answer: NameAnswer?, starts: Bool) {
        let entry = entries[name] ?? Entry()
        if !mustBeNew, now < entry.freshUntil, let answer = entry.answer { return (answer, false) }
        entries[name, default: entry].waiters[ticket] = waiter
        return (nil, begin(name, now: now))
    }

    package mutating func leave(ticket: Int, name: String) {
        entries[name]?.waiters[ticket] = nil
    }

    /// Whether the last look-up of a name ended so long ago that another one may say something else.
    package func isWorthAsking(_ name: String, now: NIODeadline) -> Bool {
        guard let entry = entries[name] else { return true }
        return entry.phase != .resting || now >= entry.lastEnd + bounds.failureLifetime
    }

    /// Begins a look-up of a name whose answer is fresh, unless the last one has only just ended.
    ///
    /// - Returns: Whether the caller must start it.
    package mutating func renew(_ name: String, now: NIODeadline) -> Bool {
        guard let entry = entries[name], now >= entry.lastEnd + bounds.failureLifetime else { return false }
        return begin(name, now: now)
    }

    /// Takes the outcome of a look-up.
    ///
    /// - Returns: Who waited for it, with what to tell them, and the names whose look-ups the caller must start now.
    package mutating func finish(
        _ name: String,
        _ outcome: Result<[SocketAddress], NameError>,
        now: NIODeadline
    ) -> (waiters: [Waiter], answer: NameAnswer, starts: [String]) {
        guard var entry = entries[name], case .running(let since) = entry.phase else { return ([], .failure(""), []) }
        running -= 1
        if entry.wasSlow { runningSlow -= 1 }
        entry.phase = .resting
        entry.wasSlow = now - since > bounds.slow
        entry.lastEnd = now
        let found = (try? outcome.get()) ?? []
        if found.isEmpty {
            if case .failure(let error) = outcome { entry.failure = "\(error)" } else { entry.failure = "no address" }
            entry.freshUntil = now + bounds.failureLifetime
        } else {
            var addresses: [SocketAddress] = []
            for address in found where addresses.count < bounds.addresses && !addresses.contains(address) {
                addresses.append(address)
            }
            if Set(addresses) != Set(entry.addresses) { entry.version += 1 }
            entry.addresses = addresses
            entry.failure = nil
            entry.freshUntil = now + bounds.lifetime
        }
        let waiters = entry.waiters.sorted { $0.key < $1.key }.map(\.value)
        entry.waiters = [:]
        entries[name] = entry
        return (waiters, entry.answer ?? .failure("no address"), startQueued(now: now))
    }

    // MARK: Turns

    /// Begins the look-up of a name, or puts it in line.
    private mutating func begin(_ name: String, now: NIODeadline) -> Bool {
        guard let entry = entries[name], entry.phase == .resting else { return false }
        guard hasRoom(entry) else {
            entries[name]?.phase = .queued
            queue.append(name)
            return false
        }
        run(name, now: now)
        return true
    }

    private func hasRoom(_ entry: Entry) -> Bool {
        running < bounds.lookups && (!entry.wasSlow || runningSlow < bounds.slowLookups)
    }

    private mutating func run(_ name: String, now: NIODeadline) {
        running += 1
        if entries[name]?.wasSlow == true { runningSlow += 1 }
        entries[name]?.phase = .running(since: now)
    }

    private mutating func startQueued(now: NIODeadline) -> [String] {
        var started: [String] = []
        var left: [String] = []
        for name in queue {
            if let entry = entries[name], hasRoom(entry) {
                run(name, now: now)
                started.append(name)
            } else {
                left.append(name)
            }
        }
        queue = left
        return started
    }

    /// Forgets the name that was not asked for longest where there are too many.
    ///
    /// - Returns: Whether the name has a place.
    private mutating func makeRoom(for name: String, now: NIODeadline) -> Bool {
        guard entries[name] == nil, entries.count >= bounds.names else { return true }
        let resting = entries.filter { $0.value.phase == .resting && $0.value.waiters.isEmpty }
        guard let oldest = resting.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return false }
        entries[oldest.key] = nil
        return true
    }
}
