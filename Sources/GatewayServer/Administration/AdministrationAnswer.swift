// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// What a route of administration answers: a JSON document.
struct AdministrationAnswer: Sendable {
    var status: Int
    var contentType: String
    var body: ByteBuffer

    /// An answer with an object.
    static func object(status: Int = 200, _ members: (inout JSONWriter) -> Void) -> AdministrationAnswer {
        var writer = JSONWriter()
        writer.object(members)
        return AdministrationAnswer(status: status, contentType: "application/json", body: writer.buffer)
    }

    /// An answer with an empty object.
    static var empty: AdministrationAnswer { object { _ in } }
}

/// A page of a list that is sorted by name.
struct Page<Element> {
    let elements: [Element]
    /// What the request for the next page carries; nil at the end.
    let nextToken: String?

    /// Cuts the page out of a list.
    ///
    /// - Parameters:
    ///   - all: The list, sorted by `name`.
    ///   - token: The token of the page before; nil for the first page.
    ///   - size: Most elements of the page.
    ///   - name: What an element is sorted by, in the order of its UTF-8.
    /// - Throws: ``GatewayError/Code/invalidParameter`` for a token that no page had.
    init(_ all: [Element], after token: String?, size: Int, name: (Element) -> String) throws(GatewayError) {
        var start = 0
        if let token, !token.isEmpty {
            guard let last = Base64URL.decode(token.utf8) else {
                throw GatewayError(.invalidParameter, "The page token is not one that this gateway made.")
            }
            start = all.firstIndex { last.utf8.lexicographicallyPrecedes(name($0).utf8) } ?? all.count
        }
        elements = Array(all[start...].prefix(size))
        let isLast = start + elements.count >= all.count
        nextToken = isLast ? nil : elements.last.map { Base64URL.encode(name($0).utf8) }
    }
}

extension JSONWriter {
    /// A member that is there only with a value.
    mutating func optional(_ key: StaticString, _ value: String?) {
        if let value { member(key, value) }
    }

    /// A member with texts as its values.
    mutating func member(_ key: StaticString, texts: [String: String]) {
        self.key(key)
        object { writer in
            for (key, value) in texts.sorted(by: { $0.key < $1.key }) {
                writer.key(key)
                writer.string(value)
            }
        }
    }
}
