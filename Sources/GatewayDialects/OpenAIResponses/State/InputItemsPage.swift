// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// One page of `GET …/responses/{id}/input_items`.
///
/// Parameters and their defaults: `input_items.list` of PyPI `openai` 3.52.0 (2026-11).
struct InputItemsPage {
    private var limit = 20
    private var isDescending = true
    private var after: String?

    /// Reads the parameters.
    ///
    /// - Parameter query: What follows the `?`; what is not known is ignored.
    /// - Throws: ``GatewayError/Code/invalidRequest`` for a parameter that is wrong.
    init(query: Substring) throws(GatewayError) {
        for parameter in query.split(separator: "&") {
            guard let equals = parameter.firstIndex(of: "=") else { continue }
            let value = parameter[parameter.index(after: equals)...]
            switch parameter[..<equals] {
            case "limit":
                guard let limit = Int(value), (1...100).contains(limit) else {
                    throw .invalid("limit", "must be a number from 1 to 100.")
                }
                self.limit = limit
            case "order":
                guard value == "asc" || value == "desc" else { throw .invalid("order", "must be asc or desc.") }
                isDescending = value == "desc"
            case "after":
                after = String(value)
            default: break
            }
        }
    }

    func write(_ conversation: StoredConversation) throws(GatewayError) -> ByteBuffer {
        var items: [(id: String, item: JSONValue)] = []
        let suffix = conversation.responseID.drop { $0 != "_" }
        conversation.forEachInputItem { item in
            items.append((item["id"]?.string ?? "item\(suffix)_\(items.count)", item))
        }
        if isDescending { items.reverse() }
        if let after {
            guard let index = items.firstIndex(where: { $0.id == after }) else {
                throw .invalid("after", "must be the id of an item of this list.")
            }
            items.removeFirst(index + 1)
        }
        let page = items.prefix(limit)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("object", "list")
            writer.key("data")
            writer.array { writer in
                for (id, item) in page { StoredConversation.write(item, id: id, into: &writer) }
            }
            writer.key("first_id")
            if let first = page.first { writer.string(first.id) } else { writer.null() }
            writer.key("last_id")
            if let last = page.last { writer.string(last.id) } else { writer.null() }
            writer.member("has_more", items.count > limit)
        }
        return writer.buffer
    }
}
