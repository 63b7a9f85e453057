// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A piece of a statement: what it is and where it stands.
///
/// The tokens of a text cover it without gaps, so joining them gives the text back.
struct SQLToken: Equatable {
    enum Kind: Equatable {
        /// Spaces, line ends and comments.
        case trivia
        /// A keyword or a plain identifier.
        case word
        /// A quoted identifier: `` `x` `` or `"x"`.
        case quotedIdentifier
        /// `[x]`.
        case bracketed
        /// `'x'`.
        case string
        case number
        case dot
        case comma
        case openParenthesis
        case closeParenthesis
        case semicolon
        /// Any other byte: an operator or something that belongs nowhere.
        case other
    }

    let kind: Kind
    /// Indices of the text's bytes.
    let range: Range<Int>
}
