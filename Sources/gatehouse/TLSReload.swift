// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
import GatewayCore
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Has the listener read its certificate and key again when one of the files changes, and on SIGHUP.
///
/// Tools write two files, one after the other: both are read when they have looked the same twice. What cannot be used changes nothing, and shows in the log and in
/// `/ready`.
final class TLSReload: Service {
    private static let interval = Duration.milliseconds(500)

    private struct State {
        /// What the files looked like when they were read.
        var seen: [String]
        var look = SettledLook()
        var problem: String?
    }

    private let files: [String]
    private let reload: @Sendable () throws -> Void
    private let logger: Logger
    private let state: Mutex<State>
    private let thread = DispatchQueue(label: "gatehouse.certificate")

    /// Makes it before the files are read for the first time, so that no change after that goes unseen.
    ///
    /// - Parameters:
    ///   - tls: The files; nil for nothing to do.
    ///   - logger: Where it says what it did.
    ///   - reload: Reads them; throws if they cannot be used.
    init(_ tls: Configuration.Server.TLS?, logger: Logger, reload: @escaping @Sendable () throws -> Void) {
        files = tls.map { [$0.certificate, $0.key] } ?? []
        self.reload = reload
        self.logger = logger
        state = Mutex(State(seen: files.map(RegularFile.stamp)))
    }

    /// Why the newest files are not in use.
    var problem: String? { state.withLock { $0.problem } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard !self.files.isEmpty else {
                try? await gracefulShutdown()
                return
            }
            await withTaskGroup { group in
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: Self.interval)
                        self.look()
                    }
                }
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) {
                        self.thread.async { self.read(because: "SIGHUP", self.files.map(RegularFile.stamp)) }
                    }
                }
            }
        }
    }

    private func look() {
        guard state.withLock({ $0.look.begin() }) else { return }
        thread.async {
            self.useChanges()
            self.state.withLock { $0.look.end() }
        }
    }

    // MARK: On the thread

    private func useChanges() {
        let now = files.map(RegularFile.stamp)
        let hasSettled = state.withLock { state in
            state.look.hasSettled(now == state.seen ? nil : now.joined(separator: "\n"))
        }
        if hasSettled { read(because: "the files changed", now) }
    }

    private func read(because reason: String, _ stamps: [String]) {
        var problem: String?
        do {
            try reload()
            logger.notice("The TLS certificate was read again", metadata: ["reason": "\(reason)"])
        } catch {
            problem = "The new TLS certificate cannot be used; the one before stays in use. \(error)"
            logger.error("\(problem ?? "")")
        }
        state.withLock { state in
            state.seen = stamps
            state.problem = problem
        }
    }
}
