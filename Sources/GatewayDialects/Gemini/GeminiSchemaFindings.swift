// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// What has to be done about a JSON Schema before a model that takes JSON Schema gets it.
struct GeminiSchemaFindings {
    private(set) var hasConstant = false
    /// Whether there is a reference that the vendor does not follow.
    private(set) var hasForeignReference = false
    /// The keywords that the vendor leaves out of account.
    private(set) var unsupported: Set<String> = []
    private var cursors: [Cursor] = []

    /// Where the reading stands in something that is open; in place of calls, so that depth costs no stack.
    private enum Cursor {
        /// `isAlone` says whether a reference has no keywords beside it, once it was asked for.
        case keywords(JSONObject.Iterator, of: JSONObject, isAlone: Bool?)
        case list(JSONArray.Iterator)
        case map(JSONObject.Iterator)
    }

    /// Bytes that may still be read, each as often as levels are above it; negative if the findings are not whole.
    private(set) var remainingWork: Int

    /// Looks into a schema, and stops where that takes more bytes than it may read.
    init(_ schema: JSONValue, work: Int) {
        remainingWork = work
        open(schema)
        while remainingWork >= 0, let cursor = cursors.popLast() { advance(cursor) }
    }

    private mutating func open(_ schema: JSONValue) {
        remainingWork -= schema.range.count
        if let members = schema.object { cursors.append(.keywords(members.makeIterator(), of: members, isAlone: nil)) }
    }

    private mutating func advance(_ cursor: Cursor) {
        switch cursor {
        case .keywords(var keywords, let schema, var isAlone):
            guard let (key, value) = keywords.next() else { return }
            if case .reference = GeminiSchemaWriter.keywords[key], isAlone == nil {
                isAlone = schema.allSatisfy { GeminiSchemaWriter.startsWithDollar($0.key) }
            }
            cursors.append(.keywords(keywords, of: schema, isAlone: isAlone))
            read(key, value, isAlone: isAlone == true)
        case .list(var schemas):
            guard let schema = schemas.next() else { return }
            cursors.append(.list(schemas))
            open(schema)
        case .map(var schemas):
            guard let (_, schema) = schemas.next() else { return }
            cursors.append(.map(schemas))
            open(schema)
        }
    }

    private mutating func read(_ key: JSONString, _ value: JSONValue, isAlone: Bool) {
        switch GeminiSchemaWriter.keywords[key] {
        case .schema: open(value)
        case .list: openList(value)
        case .map: openMap(value)
        case .unsupportedSchema:
            unsupported.insert(key.string)
            open(value)
        case .unsupportedList:
            unsupported.insert(key.string)
            openList(value)
        case .unsupportedMap:
            unsupported.insert(key.string)
            openMap(value)
        case .reference:
            if value.text?.hasPrefix("#/$defs/") != true || !isAlone { hasForeignReference = true }
        case .constant:
            if value.kind == .string || value.kind == .number {
                hasConstant = true
            } else {
                unsupported.insert("const")
            }
        case .unsupported: unsupported.insert(key.string)
        case nil: break
        }
    }

    private mutating func openList(_ value: JSONValue) {
        if let schemas = value.array { cursors.append(.list(schemas.makeIterator())) }
    }

    private mutating func openMap(_ value: JSONValue) {
        if let schemas = value.object { cursors.append(.map(schemas.makeIterator())) }
    }
}
