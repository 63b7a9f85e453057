// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Synchronization

/// The files that the last reading of the configuration used, and how each looked before it was read.
///
/// A link counts by where it leads, so that the way in which Kubernetes replaces mounted secrets is a change.
final class WatchedFiles: Sendable {
    private struct State {
        var stamps: [String: String] = [:]
        var hasFailed = false
    }

    private let state = Mutex(State())

    /// Forgets all files, and begins with this one.
    func start(with file: String) {
        let stamp = RegularFile.stamp(of: file)
        state.withLock { $0 = State(stamps: [file: stamp]) }
    }

    /// Watches another file, which `read` reads.
    func reading(_ file: String, _ read: () throws -> [UInt8]) throws -> [UInt8] {
        let stamp = RegularFile.stamp(of: file)
        state.withLock { $0.stamps[file] = stamp }
        do {
            return try read()
        } catch {
            state.withLock { $0.hasFailed = true }
            throw error
        }
    }

    /// Whether a file could not be read.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// How the files look that have changed since; nil where none has.
    func changes() -> String? {
        let known = state.withLock { $0.stamps }
        let changed = known.compactMap { file, stamp in
            let now = RegularFile.stamp(of: file)
            return now == stamp ? nil : "\(file): \(now)"
        }
        return changed.isEmpty ? nil : changed.sorted().joined(separator: "\n")
    }
}
