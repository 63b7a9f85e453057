// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
import GatewayCore
import GatewayPipeline
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Makes a new snapshot when a source of it changes: on SIGHUP, on a change of the file, on a change of what is stored.
///
/// A file that cannot be read keeps the last good snapshot; the problem shows in the log and in `/ready`. All reading and swapping happens on one thread, one after the
/// other: what was read last is what serves, and a disk that hangs holds up nothing else.
final class ReloadService: Service {
    /// How often store and file are looked at.
    ///
    /// A file that has changed is read when it looked the same twice: who truncates it and then writes is likely to be done by then.
    private static let interval = Duration.milliseconds(250)

    private struct State {
        /// How files looked that may still be being written.
        var files = SettledLook()
        /// Whether the last reload failed for a reason that may pass without a change of the file, so that it is tried again.
        var mustRetry = false
        /// Why the newest configuration is not in use.
        var problem: String?
        /// What of the configuration in use is not in use before a restart.
        var notice: String?
        /// Why what is stored now is not in use; logged once.
        var storeProblem: String?
        /// Whether a reload that somebody asked for is waiting.
        var isReloadWaiting = false
    }

    private let source: SnapshotSource
    private let snapshots: CurrentSnapshot
    private let logger: Logger
    /// The settings that the listener was made with.
    private let server: Configuration.Server
    private let state: Mutex<State>
    /// Where everything happens that makes a snapshot.
    private let thread: DispatchQueue

    /// Makes it.
    init(
        source: SnapshotSource,
        snapshots: CurrentSnapshot,
        thread: DispatchQueue,
        logger: Logger
    ) {
        self.thread = thread
        self.source = source
        self.snapshots = snapshots
        self.logger = logger
        server = snapshots.value.configuration.server
        state = Mutex(State())
    }

    /// What keeps the newest configuration, or a part of it, from being used.
    var problems: [String] { state.withLock { [$0.problem, $0.notice].compactMap(\.self) } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: Self.interval)
                        self.look()
                    }
                }
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { self.reloadSoon() }
                }
            }
        }
    }

    /// Uses what is stored now; waits until it is done.
    ///
    /// - Throws: ``GatewayCore/StorageError``.
    func reloadStoredNow() throws {
        try thread.sync { try useStored() }
    }

    private func reloadSoon() {
        let isFirst = state.withLock { state in
            defer { state.isReloadWaiting = true }
            return !state.isReloadWaiting
        }
        guard isFirst else { return }
        thread.async {
            self.state.withLock { $0.isReloadWaiting = false }
            self.reload(because: "SIGHUP")
        }
    }

    private func look() {
        guard state.withLock({ $0.files.begin() }) else { return }
        thread.async {
            self.useChanges()
            self.snapshots.freeRetired()
            self.state.withLock { $0.files.end() }
        }
    }

    // MARK: On the thread

    private func useChanges() {
        let files = source.changedFiles()
        let filesHaveSettled = state.withLock { state in
            state.files.hasSettled(files ?? (state.mustRetry ? "unchanged" : nil))
        }
        if filesHaveSettled {
            let isRetry = files == nil
            reload(because: isRetry ? "another try" : "the file changed", isRetry: isRetry)
        }
        // A store that cannot even be looked at is told of elsewhere.
        guard source.storeHasChanged() else { return }
        do {
            try useStored()
            state.withLock { $0.storeProblem = nil }
        } catch {
            let problem = "\(error)"
            let isNew = state.withLock { state in
                defer { state.storeProblem = problem }
                return state.storeProblem != problem
            }
            if isNew { logger.error("What is stored cannot be read", metadata: ["error": "\(problem)"]) }
        }
    }

    /// Reads everything afresh; a retry that fails for the same reason as before is not logged.
    private func reload(because reason: String, isRetry: Bool = false) {
        do {
            let snapshot = try source.read(after: snapshots.value)
            snapshots.replace(snapshot)
            let notice =
                snapshot.configuration.server == server
                ? nil : "`server` of the configuration file has changed, which takes effect with a restart."
            state.withLock { state in
                state.mustRetry = false
                state.problem = nil
                state.notice = notice
            }
            logger.info("Configuration reloaded", metadata: ["reason": "\(reason)"])
            if let notice { logger.warning("\(notice)") }
        } catch {
            let problem = "\(error)"
            let isNew = state.withLock { state in
                defer {
                    // A store that is locked, too many open files, permissions: not the words of the file.
                    state.mustRetry =
                        error is StorageError || error is RegularFile.ReadError || source.hasUnreadFiles
                    state.problem = problem
                }
                return !isRetry || state.problem != problem
            }
            guard isNew else { return }
            logger.error(
                "The configuration cannot be used; keeping the last valid configuration",
                metadata: ["error": "\(problem)"]
            )
        }
    }

    private func useStored() throws {
        snapshots.replace(try source.readStored(after: snapshots.value))
    }
}
