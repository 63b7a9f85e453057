// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
import Foundation
import Logging

/// Ends the process if stopping takes too long: a disk that hangs, or a lock that somebody holds, must not keep it for ever.
final class StopDeadline: Sendable {
    /// How long what is left over may take to be written: for stored answers and for usage rows each.
    static let drainTime = Duration.seconds(5)
    /// How long everything may take after the requests have ended: both drains, each with one wait for a lock.
    private static let patience = 20

    private let thread = DispatchQueue(label: "gatehouse.stop")
    private let logger: Logger
    private let unwrittenRows: @Sendable () -> Int

    /// Makes it; `unwrittenRows` says how many usage rows are not written yet.
    init(logger: Logger, unwrittenRows: @escaping @Sendable () -> Int) {
        self.logger = logger
        self.unwrittenRows = unwrittenRows
    }

    /// Begins to count, when the last request has ended.
    @Sendable
    func begin() {
        let seconds = Self.patience
        thread.asyncAfter(deadline: .now() + .seconds(seconds)) { [logger, unwrittenRows] in
            logger.critical(
                "Stopping took too long; the store does not respond. The process ends now",
                metadata: ["seconds": "\(seconds)", "usage_rows_lost": "\(unwrittenRows())"]
            )
            LogWriter.standardError.flush()
            _exit(EXIT_FAILURE)
        }
    }
}
