// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A failure in the middle of a response.
struct Interruption: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// An error in the vendor's shape.
        case error(status: Int)
        /// The connection closes.
        case end
        /// Nothing more comes.
        case silence
    }

    let kind: Kind
    /// How many tokens come before it; 0: it comes in place of everything.
    let tokens: Int
}
