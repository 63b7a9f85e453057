// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The citations of the Messages API, both ways (PyPI `anthropic` 2.11.0, `types/citations_delta.py`).
enum AnthropicCitations {
    /// Reads a citation; the vendor cites with a whole text block, so there is no place in the text.
    static func decode(_ value: JSONValue) -> Citation {
        Citation(
            url: value["url"]?.text ?? value["source"]?.text,
            title: value["title"]?.text ?? value["document_title"]?.text,
            citedText: value["cited_text"]?.text,
            original: value
        )
    }

    /// Writes a citation for the vendor's clients: the vendor's own as it is, any other as a result of a web search.
    ///
    /// Its `encrypted_index`, which clients send back, is marked as the gateway's, so that it never reaches the vendor (``StateEdits``).
    static func write(_ citation: Citation, into writer: inout JSONWriter) {
        if let original = citation.original, isOurs(original) { return writer.value(original.onOneLine) }
        writer.beginObject()
        writer.member("type", "web_search_result_location")
        writer.member("cited_text", citation.citedText ?? "")
        writer.member("url", citation.url ?? "")
        writer.key("title")
        if let title = citation.title { writer.string(title) } else { writer.null() }
        writer.member("encrypted_index", OpaqueState.unsignedText)
        writer.endObject()
    }

    /// Whether a citation has this vendor's shape and not one that the gateway made.
    static func isOurs(_ value: JSONValue) -> Bool {
        guard let type = value["type"]?.text, types[type] != nil, value["cited_text"] != nil else { return false }
        return value["encrypted_index"]?.text?.hasPrefix(OpaqueState.prefix) != true
    }

    private static let types = KeyTable<Void>([
        "char_location": (), "page_location": (), "content_block_location": (), "search_result_location": (),
        "web_search_result_location": (),
    ])
}
