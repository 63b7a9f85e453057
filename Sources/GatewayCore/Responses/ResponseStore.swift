// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Where answers of the Responses API survive.
///
/// What happens in it happens in the order of the calls.
package protocol ResponseStore: Store {
    /// Stores them within bounds or, when it throws, none. One with the key of an earlier one takes its place.
    ///
    /// What has to go for them goes in the same transaction, the oldest first: answers of the same owner where it would have more than its part, and answers of
    /// the owner that has most where all would be too many. So nobody's answer goes for the sake of an owner that would have more.
    /// - Returns: How many of them were not stored, since there is no room for them that is theirs to take.
    @discardableResult
    func insert(_ responses: [StoredResponse], within bounds: ResponseStoreBounds) async throws -> Int

    /// The answer of this key; nil if there is none.
    func response(_ key: StoredResponse.Key) async throws -> StoredResponse?

    /// Deletes an answer.
    ///
    /// - Returns: Whether there was one.
    func delete(_ key: StoredResponse.Key) async throws -> Bool

    /// Deletes what is too old, and then what is beyond bounds that were wider before, in the order of ``insert(_:within:)``.
    ///
    /// - Parameters:
    ///   - time: Microseconds since 1970 UTC; what was created before is deleted.
    ///   - bounds: What the rest must keep to.
    /// - Returns: How many were deleted. A call deletes a bounded number; when it returns 0, nothing is left to delete.
    /// - Throws: what the store says is wrong; then nothing was deleted.
    func prune(createdBefore time: Int64, within bounds: ResponseStoreBounds) async throws -> Int
}

/// How much a ``ResponseStore`` keeps, in ``StoredResponse/bytes``.
package struct ResponseStoreBounds: Sendable, Equatable {
    /// Of all owners together.
    package var maximumBytes: Int
    /// Of each owner.
    package var maximumBytesPerOwner: Int

    package init(maximumBytes: Int, maximumBytesPerOwner: Int) {
        self.maximumBytes = maximumBytes
        self.maximumBytesPerOwner = maximumBytesPerOwner
    }

    /// The largest answer that can be kept.
    package var maximumBytesPerResponse: Int { min(maximumBytes, maximumBytesPerOwner) }
}
