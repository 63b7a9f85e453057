// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Where answers of the Responses API survive.
///
/// What happens in it happens in the order of the calls.
package protocol ResponseStore: Sendable {
    /// Stores all of them or, when it throws, none. One with the key of an earlier one takes its place.
    func insert(_ responses: [StoredResponse]) async throws

    /// The answer of this key; nil if there is none.
    func response(_ key: StoredResponse.Key) async throws -> StoredResponse?

    /// Deletes an answer.
    ///
    /// - Returns: Whether there was one.
    func delete(_ key: StoredResponse.Key) async throws -> Bool

    /// Deletes what is too old, and then the oldest until the rest has at most that many bytes.
    ///
    /// - Parameters:
    ///   - time: Microseconds since 1970 UTC; what was created before is deleted.
    ///   - bytes: Most ``StoredResponse/bytes`` of all together.
    /// - Returns: How many were deleted. A call deletes a bounded number; when it returns 0, nothing is left to delete.
    /// - Throws: what the store says is wrong; then nothing was deleted.
    func prune(createdBefore time: Int64, maximumBytes bytes: Int) async throws -> Int
}
