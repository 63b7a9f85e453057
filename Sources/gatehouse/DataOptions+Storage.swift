// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayCore
import GatewayStorage

extension DataOptions {
    /// The storage at the place that the user named, or at the default one; nothing is opened yet.
    ///
    /// - Throws: a `ValidationError` if there is neither, or no engine for it.
    func storage() throws -> any Storage {
        let environment = ProcessInfo.processInfo.environment
        guard let location = path ?? StorageEngines.defaultLocation(environment: environment) else {
            throw ValidationError("There is no home directory for the data. Choose a directory with --data DIR.")
        }
        do {
            return try StorageEngines.storage(at: location)
        } catch let error as StorageError {
            throw ValidationError(error.message)
        }
    }
}
