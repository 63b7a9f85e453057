// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Why the store could not be opened, read or written.
///
/// The code is what to branch on; the message names the file and says what to do. Nothing was written when it is thrown
/// from a writing function.
package struct StorageError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, CaseIterable {
        /// Another connection held the file for longer than the busy timeout; trying again may succeed.
        case busy
        /// The disk or the file's own limit is full; trying again may succeed once there is room.
        case full
        /// The file was written by a later version of the gateway.
        case newerSchema
        /// The file was written by an earlier version and is only open for reading.
        case olderSchema
        /// The file is a database of something else, or no database.
        case foreignFile
        /// There is no such file.
        case notFound
        /// The file was moved or deleted while it was open.
        case moved
        /// A row with the same identity is there already.
        case duplicate
        /// The directory or the file may not be read or written.
        case permission
        /// The file is damaged.
        case corrupt
        /// Anything else that the system or the engine reported.
        case failed
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
