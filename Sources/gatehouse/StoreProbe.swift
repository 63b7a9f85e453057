// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
import GatewayCore
import Logging
import ServiceLifecycle
import Synchronization

/// Looks at the store now and then, on a thread of its own, so that `/ready` has an answer without waiting for a disk or for another process's lock.
final class StoreProbe: Service {
    /// How often the store is looked at.
    private static let interval = Duration.milliseconds(500)
    /// How long a look may take before the store counts as unusable.
    private static let patience = Duration.seconds(5)

    private struct State {
        var problem: String?
        /// When the look began that has not ended yet.
        var since: ContinuousClock.Instant?
    }

    private let storage: any Storage
    private let stores: [any Store]
    private let logger: Logger
    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "gatehouse.store-probe")

    /// Makes it.
    ///
    /// - Parameters:
    ///   - storage: Where the stores are.
    ///   - stores: What must be usable.
    ///   - logger: Is told when the store becomes unusable and when it is usable again.
    init(storage: any Storage, stores: [any Store], logger: Logger) {
        self.storage = storage
        self.stores = stores
        self.logger = logger
    }

    /// What keeps the store from being used, as far as is known; takes no time.
    var problem: String? {
        state.withLock { state in
            if let problem = state.problem { return problem }
            guard let since = state.since, .now - since > Self.patience else { return nil }
            return "The store in \(storage.place) does not respond: its disk hangs, or another process holds it."
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                self.look()
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Begins to look, unless the last look has not ended.
    private func look() {
        let isFirst = state.withLock { state in
            guard state.since == nil else { return false }
            state.since = .now
            return true
        }
        guard isFirst else { return }
        thread.async {
            let problem = self.found()
            let hasChanged = self.state.withLock { state in
                defer { state = State(problem: problem) }
                return (state.problem == nil) != (problem == nil)
            }
            guard hasChanged else { return }
            if let problem {
                self.logger.error("The store cannot be used", metadata: ["error": "\(problem)"])
            } else {
                self.logger.notice("The store can be used again")
            }
        }
    }

    private func found() -> String? {
        do {
            for store in stores { try store.check() }
        } catch {
            return "The store cannot be used: \(error)"
        }
        do {
            try storage.checkRoom()
            return nil
        } catch {
            return "\(error)"
        }
    }
}
