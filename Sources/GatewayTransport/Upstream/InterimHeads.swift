// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The interim heads (1xx) before an answer, counted: they announce it, and one after the other is none.
struct InterimHeads {
    private static let maximumCount = 100
    /// All of them together.
    private static let maximumBytes = 128 << 10

    private var count = 0
    private var bytes = 0

    /// Counts one more head.
    ///
    /// - Throws: ``HTTP1Error/tooManyInterimHeads``
    mutating func add(bytes more: Int) throws(HTTP1Error) {
        count += 1
        bytes += more
        guard count <= Self.maximumCount, bytes <= Self.maximumBytes else { throw .tooManyInterimHeads }
    }
}
