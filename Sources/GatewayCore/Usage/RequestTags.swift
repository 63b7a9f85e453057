// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON
import NIOCore

/// Request tags: the JSON object of strings in the header `Databricks-Ai-Gateway-Request-Tags`.
package struct RequestTags: Sendable, Equatable {
    /// Most tags on one request.
    package static let maximumCount = 64
    /// Longest key and longest value, in bytes of UTF-8.
    package static let maximumLength = 256
    /// Most bytes of all tags, as JSON.
    package static let maximumBytes = 32 << 10
    /// Most bytes of all tags, as JSON, in the row of a call that was refused before it had a destination.
    package static let maximumRefusedBytes = 1024
    /// The header that carries them, in lower case.
    package static let headerName = "databricks-ai-gateway-request-tags"

    /// The tags as one JSON object, normalised.
    package let json: String

    /// Reads the header's value.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if it is not a JSON object of strings, repeats a key, or exceeds the bounds.
    package init(header: String) throws(GatewayError) {
        guard header.utf8.count <= Self.maximumCount * Self.maximumLength * 8 else {
            throw Self.refusal("is too long", of: .header)
        }
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONValue(validating: ByteBuffer(string: header), maximumDepth: 2)
        } catch {
            throw Self.refusal("must be a JSON object of strings: \(error)", of: .header)
        }
        try self.init([root], from: .header)
    }

    /// Reads the field `usage_context` of a request to a serving endpoint.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` under the same conditions.
    package init(usageContext: JSONValue) throws(GatewayError) {
        try self.init([usageContext], from: .field)
    }

    /// These tags and more of them; where both have a key, it is taken from the others.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if they are too many together.
    package func adding(_ others: RequestTags) throws(GatewayError) -> RequestTags {
        let roots = [others, self].compactMap { try? JSONValue(validating: ByteBuffer(string: $0.json)) }
        return try RequestTags(roots, from: .field, keepingFirst: true)
    }

    /// The value of a tag; nil where there is no such tag.
    package func value(of key: String) -> String? {
        (try? JSONValue(validating: ByteBuffer(string: json)))?.object?[key]?.text?.string
    }

    /// Where tags come from.
    private enum Source: String {
        case header = "The header Databricks-Ai-Gateway-Request-Tags"
        case field = "usage_context"

        var parameter: String { self == .header ? "Databricks-Ai-Gateway-Request-Tags" : "usage_context" }
    }

    private init(_ roots: [JSONValue], from source: Source, keepingFirst: Bool = false) throws(GatewayError) {
        var writer = JSONWriter(into: ByteBuffer())
        var seen: Set<String> = []
        writer.beginObject()
        for root in roots {
            guard let members = root.object else {
                throw Self.refusal("must be a JSON object of strings", of: source)
            }
            for (key, value) in members {
                guard let text = value.text else { throw Self.refusal("must have string values only", of: source) }
                let name = key.string
                guard seen.insert(name).inserted else {
                    if keepingFirst { continue }
                    throw Self.refusal("repeats a key", of: source)
                }
                guard seen.count <= Self.maximumCount else {
                    throw Self.refusal("holds more than \(Self.maximumCount) tags", of: source)
                }
                let tag = text.string
                // In bytes: one character may be endless.
                guard name.utf8.count <= Self.maximumLength, tag.utf8.count <= Self.maximumLength else {
                    throw Self.refusal("has a key or value of more than \(Self.maximumLength) bytes", of: source)
                }
                writer.key(name)
                writer.string(tag)
            }
        }
        writer.endObject()
        guard writer.buffer.readableBytes <= Self.maximumBytes else {
            throw Self.refusal("has more than \(Self.maximumBytes) bytes of tags", of: source)
        }
        json = String(buffer: writer.buffer)
    }

    private static func refusal(_ what: String, of source: Source) -> GatewayError {
        GatewayError(
            .invalidRequest,
            "\(source.rawValue) \(what). Send for example {\"project\": \"chatbot\"}.",
            parameter: source.parameter
        )
    }
}
