// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How much a statement of a user may cost.
package struct QueryLimits: Sendable {
    /// Time that the engine works, not counting what whoever takes the rows needs.
    package var time: Duration = .seconds(60)
    package var rows = 10_000_000
    /// Bytes of texts and blobs in the result.
    package var bytes = 4 << 30

    package init() {}
}
