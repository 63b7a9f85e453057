// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
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
            throw Self.refusal("is too long")
        }
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONValue(validating: ByteBuffer(string: header), maximumDepth: 2)
        } catch {
            throw Self.refusal("must be a JSON object of strings: \(error)")
        }
        guard let members = root.object else { throw Self.refusal("must be a JSON object of strings") }
        var writer = JSONWriter(into: ByteBuffer())
        var seen: Set<String> = []
        writer.beginObject()
        for (key, value) in members {
            guard let text = value.text else { throw Self.refusal("must have string values only") }
            let name = key.string
            guard seen.insert(name).inserted else { throw Self.refusal("repeats a key") }
            guard seen.count <= Self.maximumCount else {
                throw Self.refusal("holds more than \(Self.maximumCount) tags")
            }
            let tag = text.string
            // In bytes: one character may be endless.
            guard name.utf8.count <= Self.maximumLength, tag.utf8.count <= Self.maximumLength else {
                throw Self.refusal("has a key or value of more than \(Self.maximumLength) bytes")
            }
            writer.key(name)
            writer.string(tag)
        }
        writer.endObject()
        guard writer.buffer.readableBytes <= Self.maximumBytes else {
            throw Self.refusal("has more than \(Self.maximumBytes) bytes of tags")
        }
        json = String(buffer: writer.buffer)
    }

    private static func refusal(_ what: String) -> GatewayError {
        GatewayError(
            .invalidRequest,
            "The header Databricks-Ai-Gateway-Request-Tags \(what). Send for example {\"project\": \"chatbot\"}.",
            parameter: "Databricks-Ai-Gateway-Request-Tags"
        )
    }
}
