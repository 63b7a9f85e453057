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
    /// What the sources looked like before the first snapshot was read.
    private let firstStamps: SnapshotSource.Stamps

    init(
        source: SnapshotSource,
        firstStamps: SnapshotSource.Stamps,
        snapshots: CurrentSnapshot,
        logger: Logger
    ) {
        self.source = source
        self.firstStamps = firstStamps
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
        var seen = firstStamps
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            let now = source.stamps()
            if now.file != seen.file {
                seen = now
                reload(because: "the file changed")
            } else if now.tokens != seen.tokens, reloadTokens() {
                seen.tokens = now.tokens
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
