// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The first thing in a document that its shape does not allow, and where.
///
/// Each vendor words it in its own way.
struct Violation: Error {
    enum Element {
        case member(String)
        case index(Int)
        /// The kind of an object that has several; only some vendors name it.
        case variant(StaticString)
    }

    enum Reason {
        case missing
        case unknown
        case wrongKind(expected: [JSONValue.Kind], found: JSONValue.Kind)
        /// A number with a fraction instead of an integer, or one beyond all limits.
        case notAnInteger
        case notOneOf([StaticString], found: String)
        case badName(NameRule)
        case below(String, found: String, isInteger: Bool)
        case above(String, found: String, isInteger: Bool)
        case tooShort(Int, found: Int)
        case tooLong(Int, found: Int)
    }

    /// From the root, once the error has left ``Shape/check(_:)``.
    var path: [Element] = []
    let reason: Reason
    /// The value that is wrong; nil where one is missing or unknown.
    var value: JSONValue?

    init(_ reason: Reason, _ value: JSONValue? = nil) {
        self.reason = reason
        self.value = value
    }

    func inside(_ element: Element) -> Violation {
        var violation = self
        violation.path.insert(element, at: 0)
        return violation
    }
}
