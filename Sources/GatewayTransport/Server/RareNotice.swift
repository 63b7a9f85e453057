// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Logging
import NIOCore
import Synchronization

/// Logs something that any stranger may cause, at most once a minute, with how often it has happened since the last line.
final class RareNotice: Sendable {
    private static let pause = TimeAmount.minutes(1)

    private let message: Logger.Message
    private let logger: Logger
    private let state = Mutex((next: NIODeadline.uptimeNanoseconds(0), count: 0))

    init(_ message: Logger.Message, logger: Logger) {
        self.message = message
        self.logger = logger
    }

    /// Notes that it has happened; `details` are of this time.
    func log(_ details: @autoclosure () -> [String: String]) {
        let now = NIODeadline.now()
        let count = state.withLock { state -> Int? in
            state.count += 1
            guard now >= state.next else { return nil }
            defer { state = (now + Self.pause, 0) }
            return state.count
        }
        guard let count else { return }
        var metadata = Logger.Metadata(uniqueKeysWithValues: details().map { ($0, .string($1)) })
        metadata["count"] = "\(count)"
        logger.warning(message, metadata: metadata)
    }
}
