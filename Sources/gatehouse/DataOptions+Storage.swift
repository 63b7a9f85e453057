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

    /// The storage of a gateway that has served, or of a directory that was made for it.
    ///
    /// Commands that look into a store would otherwise make one wherever a typing error points.
    /// - Throws: ``StorageError/Code/notFound`` where nothing is there, and what ``storage()`` throws.
    func existingStorage() throws -> any Storage {
        let storage = try storage()
        guard storage.exists else {
            throw StorageError(
                .notFound,
                "There is no data directory \(storage.place). Start the gateway, which creates it, or name the gateway's data directory with --data DIR."
            )
        }
        return storage
    }
}
