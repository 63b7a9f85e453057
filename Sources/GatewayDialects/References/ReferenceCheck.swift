// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Refuses requests that name another model than the granted one, or an object of the account that all callers share.
///
/// By the table of the provider (``RequestReference``), on the client's own bytes: before they are relayed, and before what is rebuilt in the same format carries
/// them along. Every spelling of a key counts that some upstream takes for it, and every one of repeated keys.
struct ReferenceCheck {
    /// Checks a body whose format the upstream speaks.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest``, naming the field.
    static func check(_ envelope: RequestEnvelope, _ rules: ReferenceRules) throws(GatewayError) {
        let keys = envelope.scan.keys
        if keys.repeated & modelMask != 0 { try checkModel(envelope) }
        let place = rules.place(in: keys)
        guard place != .nowhere else { return }
        try envelope.scan.forEachMember { (key, value) throws(GatewayError) in
            guard let node = rules.root[key] else { return }
            try visit(value, node, key.string, depth: place == .root ? maximumDepth : 0)
        }
    }

    /// Checks a request that is translated: a file goes along by its id or its URL.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest``
    static func check(_ request: ModelRequest, _ rules: ReferenceRules) throws(GatewayError) {
        guard !rules.allowsFiles else { return }
        for message in request.messages {
            try check(message.parts, rules, in: request.fieldNames.conversation)
        }
    }

    private static func check(
        _ parts: [Message.Part],
        _ rules: ReferenceRules,
        in parameter: String
    ) throws(GatewayError) {
        for part in parts {
            if rules.refusesFileTexts, let text = part.text, begins(text, with: ReferenceRules.fileTextPrefixes) {
                throw refusal(parameter, .files)
            }
            if let result = part.toolResult { try check(result.parts, rules, in: parameter) }
            switch part.media?.source {
            case .file: throw refusal(parameter, .files)
            case .url(let url, _) where begins(url, with: ReferenceRules.storagePrefixes):
                throw refusal(parameter, .files)
            case .url, .base64, .text, nil: break
            }
        }
    }

    private static let modelMask = JSONKeyWatch.references.mask(of: "model")
    private static let modelNode = ReferenceRules([RequestReference("model", .models, in: [])], allowed: []).root

    /// Refuses a second spelling of `model` beside the one that the gateway reads: some servers take keys in any case.
    private static func checkModel(_ envelope: RequestEnvelope) throws(GatewayError) {
        try envelope.scan.forEachMember { (key, _) throws(GatewayError) in
            guard modelNode[key] != nil, key != "model" else { return }
            throw .invalid("model", "must appear once, in this spelling.")
        }
    }

    /// As deep as any path of a table, and some more.
    private static let maximumDepth = 16

    private static func visit(
        _ value: JSONValue,
        _ node: ReferenceRules.Node,
        _ path: @autoclosure () -> String,
        depth: Int
    ) throws(GatewayError) {
        for check in node.checks where names(value, check.condition) { throw refusal(path(), check.kind) }
        guard depth < maximumDepth else { return }
        if let elements = node.elements.first, let array = value.array {
            var index = 0
            for element in array {
                try visit(element, elements, "\(path())[\(index)]", depth: depth + 1)
                index += 1
            }
        }
        if node.hasChildren, let object = value.object {
            for (key, member) in object {
                guard let child = node[key] else { continue }
                try visit(member, child, "\(path()).\(key.string)", depth: depth + 1)
            }
        }
    }

    /// The longest word that is compared, in bytes as it is written.
    private static let maximumWordBytes = 256

    private static func names(_ value: JSONValue, _ condition: RequestReference.Condition) -> Bool {
        switch condition {
        case .present:
            if value.isNull || value.bool == false { return false }
            if let text = value.text { return !text.isEmpty }
            if let array = value.array { return array.first != nil }
            if let object = value.object { return !object.isEmpty }
            return true
        case .text: return value.text.map { !$0.isEmpty } ?? false
        case .anyOf(let words):
            guard let text = value.text, text.writtenBytes <= maximumWordBytes else { return false }
            return words.contains(text.string)
        case .storageURL: return value.text.map { begins($0, with: ReferenceRules.storagePrefixes) } ?? false
        case .fileText: return value.text.map { begins($0, with: ReferenceRules.fileTextPrefixes) } ?? false
        case .bareItem:
            guard value.object != nil, value["type"]?.text == nil else { return false }
            return value["role"] == nil && value["content"] == nil && value["id"]?.text != nil
        }
    }

    /// Whether a URL begins with one of these prefixes, in any case and behind any whitespace.
    private static func begins(_ url: JSONString, with prefixes: [String]) -> Bool {
        // Data may be large, and is never a file's name.
        if url.hasPrefix("data:") { return false }
        let (start, isEscaped) = url.withBytes { bytes, isEscaped in
            let start = bytes.prefix(maximumWordBytes)
            return (String(decoding: start, as: UTF8.self), isEscaped && start.contains(UInt8(ascii: "\\")))
        }
        // What is decoded whole is short, or has an escape where a URL that is data has none.
        let text = (isEscaped ? url.string.prefixOfUTF8(maximumWordBytes) : start).lowercased()
        let trimmed = text.drop { $0.isWhitespace }
        return prefixes.contains { trimmed.hasPrefix($0) }
    }

    private static func refusal(_ path: String, _ kind: RequestReference.Kind) -> GatewayError {
        let shown = path.prefixOfUTF8(128)
        // The SDK then sends the whole conversation.
        let isThread = kind == .conversations && path.hasPrefix("thread.")
        return GatewayError(
            .invalidRequest,
            "\(shown) names \(kind.words), which the gateway does not pass on. \(kind.advice), or ask the gateway's administrator for `allow_references: [\(kind.rawValue)]`.",
            vendorCode: isThread ? AnthropicMessages.threadsUnsupportedCode : nil,
            parameter: shown
        )
    }
}
