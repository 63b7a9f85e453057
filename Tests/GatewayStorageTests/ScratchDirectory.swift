// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayStorage

/// A data directory of its own, deleted when the test is done with it.
final class ScratchDirectory {
    let data: DataDirectory

    init() {
        data = DataDirectory(
            path: FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)").path
        )
    }

    deinit {
        try? FileManager.default.removeItem(atPath: data.path)
    }
}
