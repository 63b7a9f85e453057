// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Synchronization

/// The files that the last reading of the configuration used, and how each looked before it was read.
///
/// A link counts by where it leads, so that the way in which Kubernetes replaces mounted secrets is a change.
final class WatchedFiles: Sendable {
    private let stamps = Mutex<[String: String]>([:])

    /// Forgets all files, and begins with this one.
    func start(with file: String) {
        let stamp = RegularFile.stamp(of: file)
        stamps.withLock { $0 = [file: stamp] }
    }

    /// Watches another file, which is about to be read.
    func watch(_ file: String) {
        let stamp = RegularFile.stamp(of: file)
        stamps.withLock { $0[file] = stamp }
    }

    /// How the files look that have changed since; nil where none has.
    func changes() -> String? {
        let known = stamps.withLock { $0 }
        let changed = known.compactMap { file, stamp in
            let now = RegularFile.stamp(of: file)
            return now == stamp ? nil : "\(file): \(now)"
        }
        return changed.isEmpty ? nil : changed.sorted().joined(separator: "\n")
    }
}
