// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayPipeline
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Makes a new snapshot when a source of it changes: on SIGHUP, on a change of the file, on a change of the tokens.
///
/// A file that cannot be read keeps the last good snapshot; the problem shows in the log and in `/ready`.
final class ReloadService: Service {
    /// How often tokens and file are looked at.
    private static let interval = Duration.milliseconds(250)

    private let source: SnapshotSource
    private let snapshots: CurrentSnapshot
    private let logger: Logger
    private let problem = Mutex<String?>(nil)

    init(source: SnapshotSource, snapshots: CurrentSnapshot, logger: Logger) {
        self.source = source
        self.snapshots = snapshots
        self.logger = logger
    }

    /// What keeps the newest configuration from being used.
    var problems: [String] { problem.withLock { $0.map { [$0] } ?? [] } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await self.watch() }
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { self.reload(because: "SIGHUP") }
                }
            }
        }
    }

    private func watch() async {
        var file = source.fileStamp()
        var tokens = try? source.tokenVersion()
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            let newFile = source.fileStamp()
            if newFile != file {
                file = newFile
                reload(because: "the file changed")
            }
            if let newTokens = try? source.tokenVersion(), newTokens != tokens {
                if reloadTokens() { tokens = newTokens }
            }
        }
    }

    private func reload(because reason: String) {
        do {
            snapshots.replace(try source.read())
            problem.withLock { $0 = nil }
            logger.info("Configuration reloaded", metadata: ["reason": "\(reason)"])
        } catch {
            problem.withLock { $0 = "\(error)" }
            logger.error("The configuration cannot be used; the last good one stays", metadata: ["error": "\(error)"])
        }
    }

    /// Whether the new tokens are in use.
    private func reloadTokens() -> Bool {
        do {
            snapshots.replace(try source.snapshot(with: snapshots.value.configuration))
            return true
        } catch {
            logger.error("Access tokens cannot be read", metadata: ["error": "\(error)"])
            return false
        }
    }
}
