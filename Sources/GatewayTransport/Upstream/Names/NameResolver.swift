// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore
import Synchronization

/// The addresses of upstreams' names, looked up in threads of their own and shared by all event loops.
///
/// The system's look-up blocks until its name servers answer or time out, and tells no lifetime. So each look-up has a thread for itself, and its answer is asked for
/// again after ``Bounds/lifetime``; until a newer one is there, the last good one is used.
package final class NameResolver: Sendable {
    /// Looks up the addresses of a name, with port 0 and the best first; may block.
    package typealias Lookup = @Sendable (String) throws -> [SocketAddress]

    package struct Bounds: Sendable {
        /// How old an answer may be before it is asked for again.
        package var lifetime = TimeAmount.seconds(10)
        /// How long after a failed look-up there is no other one.
        package var failureLifetime = TimeAmount.seconds(1)
        /// How long an address may be missing from the answers before connections to it are given up.
        package var absence = TimeAmount.seconds(30)
        /// Most look-ups at a time, and threads.
        package var lookups = 256
        /// Most of them for names whose last look-up was slow.
        package var slowLookups = 64
        /// From when on a look-up is slow.
        package var slow = TimeAmount.seconds(1)
        /// Most addresses of one name.
        package var addresses = 16
        /// Most names.
        package var names = 4096

        package init() {}
    }

    private struct Waiter: Sendable {
        let eventLoop: any EventLoop
        let tell: @Sendable (NameAnswer) -> Void
    }

    let bounds: Bounds
    private let lookup: Lookup
    private let table: Mutex<NameTable<Waiter>>
    private let lastTicket = Atomic<Int>(0)

    /// A resolver that asks the system.
    package convenience init() {
        self.init(lookup: { try SystemNames.addresses(of: $0) })
    }

    package init(bounds: Bounds = Bounds(), lookup: @escaping Lookup) {
        self.bounds = bounds
        self.lookup = lookup
        table = Mutex(NameTable(bounds))
    }

    /// What is known of a name; nil where one must wait.
    ///
    /// Asks again where the answer is old, without waiting for it.
    func known(_ name: String) -> NameAnswer? {
        let now = NIODeadline.now()
        let (answer, starts) = table.withLock { $0.ask(name, now: now) }
        if starts { start(name) }
        return answer
    }

    /// What ``wait(for:ticket:mustBeNew:on:tell:)`` is to be called with, each time another one.
    func makeTicket() -> Int { lastTicket.add(1, ordering: .relaxed).newValue }

    /// Tells what is known after the look-up of a name, the one under way or else a new one; on the event loop, and once.
    ///
    /// Unless it must be new, an answer that is fresh by now will do.
    func wait(
        for name: String,
        ticket: Int,
        mustBeNew: Bool,
        on eventLoop: any EventLoop,
        tell: @escaping @Sendable (NameAnswer) -> Void
    ) {
        let now = NIODeadline.now()
        let waiter = Waiter(eventLoop: eventLoop, tell: tell)
        let (answer, starts) = table.withLock {
            $0.wait(waiter, ticket: ticket, for: name, mustBeNew: mustBeNew, now: now)
        }
        if let answer { eventLoop.execute { tell(answer) } }
        if starts { start(name) }
    }

    /// Forgets who waits.
    func leave(ticket: Int, name: String) {
        table.withLock { $0.leave(ticket: ticket, name: name) }
    }

    /// Whether a new look-up may say something else than the last one did.
    func isWorthAsking(_ name: String) -> Bool {
        let now = NIODeadline.now()
        return table.withLock { $0.isWorthAsking(name, now: now) }
    }

    /// Asks for a name again although its answer is not old, since its addresses do not answer.
    func renew(_ name: String) {
        let now = NIODeadline.now()
        if table.withLock({ $0.renew(name, now: now) }) { start(name) }
    }

    private func start(_ name: String) {
        let isStarted = BlockingThread.start {
            let outcome: Result<[SocketAddress], NameError>
            do {
                outcome = .success(try self.lookup(name))
            } catch {
                outcome = .failure(NameError("\(error)"))
            }
            self.finish(name, outcome)
        }
        if !isStarted { finish(name, .failure(NameError("The system has no thread to look it up."))) }
    }

    private func finish(_ name: String, _ outcome: Result<[SocketAddress], NameError>) {
        let now = NIODeadline.now()
        let (waiters, answer, starts) = table.withLock { $0.finish(name, outcome, now: now) }
        for waiter in waiters { waiter.eventLoop.execute { waiter.tell(answer) } }
        for name in starts { start(name) }
    }
}
