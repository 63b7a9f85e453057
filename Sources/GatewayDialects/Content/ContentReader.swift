// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Finds the content of a request by the table of its dialect.
struct ContentReader {
    private(set) var spans: [ContentSpan] = []

    /// As deep as a body may be.
    private static let maximumDepth = JSONWriter.maximumDepth

    /// Reads the fields of a request, each where the scan has found it.
    mutating func read(_ scan: JSONScan, _ table: ContentTable) {
        scan.forEachMember { key, value in
            if let place = table.root.fields?[key] { visit(value, place, .userText, depth: 1) }
        }
    }

    private mutating func visit(
        _ value: JSONValue,
        _ place: ContentTable.Place,
        _ role: ContentSpan.Kind,
        depth: Int
    ) {
        guard depth < Self.maximumDepth else { return }
        switch value.kind {
        case .array:
            guard let array = value.array else { return }
            for element in array { visit(element, place, role, depth: depth + 1) }
        case .string:
            if let media = place.media {
                add(media: value, media)
            } else if let meaning = place.string ?? place.leaves {
                add(value, meaning, role)
            }
        case .object:
            if let media = place.media {
                // Anthropic's documents may be plain text, or made of blocks.
                if value["type"]?.text.map({ $0 == "text" }) == true {
                    if let data = value["data"] { add(data, .byRole, role) }
                    return
                }
                if let content = value["content"] { return visit(content, place.inside, role, depth: depth + 1) }
                return add(media: value, media)
            }
            if let leaves = place.leaves { return addLeaves(of: value, leaves, role, depth: depth) }
            guard let fields = place.fields, let object = value.object else { return }
            // Looked up only where something asks for it: a message's role may stand behind its content.
            var own: ContentSpan.Kind?
            for (key, member) in object {
                guard let field = fields[key] else { continue }
                if own == nil { own = Self.meaning(of: value, else: role) }
                visit(member, field, own ?? role, depth: depth + 1)
            }
        case .number, .bool, .null: break
        }
    }

    /// What the words of an object are: by its role, or as a thought.
    private static func meaning(of value: JSONValue, else role: ContentSpan.Kind) -> ContentSpan.Kind {
        if value["thought"]?.bool == true { return .reasoning }
        guard let name = value["role"]?.text else { return role }
        switch roles[name] {
        case .system: return .systemText
        case .assistant: return .assistantText
        case .tool: return .toolResult
        case nil: return .userText
        }
    }

    private enum Role { case system, assistant, tool }

    private static let roles = KeyTable<Role>([
        "system": .system, "developer": .system, "assistant": .assistant, "model": .assistant, "tool": .tool,
        "function": .tool,
    ])

    private mutating func add(_ value: JSONValue, _ meaning: ContentTable.Meaning, _ role: ContentSpan.Kind) {
        guard let text = value.text, !text.isEmpty else { return }
        switch meaning {
        case .byRole: spans.append(ContentSpan(role, text, at: value.range))
        case .kind(let kind): spans.append(ContentSpan(kind, text, at: value.range))
        }
    }

    private mutating func addLeaves(
        of value: JSONValue,
        _ meaning: ContentTable.Meaning,
        _ role: ContentSpan.Kind,
        depth: Int
    ) {
        guard depth < Self.maximumDepth else { return }
        if value.kind == .string { return add(value, meaning, role) }
        if let array = value.array {
            for element in array { addLeaves(of: element, meaning, role, depth: depth + 1) }
        } else if let object = value.object {
            for (_, member) in object { addLeaves(of: member, meaning, role, depth: depth + 1) }
        }
    }

    // MARK: Media

    private mutating func add(media value: JSONValue, _ place: ContentTable.MediaPlace) {
        let url = value.text ?? Self.field(of: value, ["url", "fileUri", "file_uri", "file_url"])
        let data = Self.field(of: value, ["data", "file_data"])
        var type = Self.field(of: value, ["media_type", "mimeType", "mime_type"])
        var bytes = data.map(Self.decodedBytes)
        var shown = url ?? Self.field(of: value, ["file_id"]) ?? ""
        if case .base64(let mediaType, let data)? = (url ?? data).flatMap({ Media.Source(uri: $0) }) {
            type = mediaType
            bytes = Self.decodedBytes(data)
            shown = ""
        }
        let facts = ContentSpan.MediaFacts(kind: place.kind ?? Self.kind(of: type), type: type, bytes: bytes)
        spans.append(ContentSpan(.media, shown, at: value.range, media: facts))
    }

    private static func field(of value: JSONValue, _ keys: [StaticString]) -> JSONString? {
        for key in keys { if let text = value[key]?.text { return text } }
        return nil
    }

    /// Four characters of base64 are three bytes.
    private static func decodedBytes(_ data: JSONString) -> Int { data.utf8Count / 4 * 3 }

    private static func kind(of type: JSONString?) -> Media.Kind {
        guard let type else { return .document }
        if type.hasPrefix("image/") { return .image }
        if type.hasPrefix("audio/") { return .audio }
        return type.hasPrefix("video/") ? .video : .document
    }
}
