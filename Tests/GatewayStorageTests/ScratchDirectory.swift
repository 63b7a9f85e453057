// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GRDB
import GatewayStorage

/// A data directory of its own, deleted when the test is done with it.
final class ScratchDirectory {
    let data: DataDirectory

    init() {
        data = DataDirectory(
            path: FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)").path
        )
    }

    /// A connection to the usage file, as another process has it, that may leave transactions open.
    func otherConnection() throws -> DatabaseQueue {
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(path: data.usageFile, configuration: configuration)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: data.path)
    }
}
