// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayStorage

extension DataOptions {
    /// The directory that the user named, or the default one.
    ///
    /// - Throws: a `ValidationError` if there is neither.
    func directory() throws -> DataDirectory {
        if let path { return DataDirectory(path: path) }
        guard let directory = DataDirectory(environment: ProcessInfo.processInfo.environment) else {
            throw ValidationError("There is no home directory for the data. Choose a directory with --data DIR.")
        }
        return directory
    }
}
