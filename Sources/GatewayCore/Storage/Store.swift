// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// One kind of thing that survives a restart, opened.
package protocol Store: Sendable {
    /// Makes sure that the store can be read and written, for `/ready`; may take its time.
    ///
    /// - Throws: ``StorageError`` that says what is wrong.
    func check() throws

    /// Closes the store; later use throws.
    func close() throws
}

extension Store {
    /// A store in memory is always there.
    package func check() throws {}
    /// A store in memory has nothing to close.
    package func close() throws {}
}
