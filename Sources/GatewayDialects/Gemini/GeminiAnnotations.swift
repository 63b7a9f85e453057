// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Sources and log probabilities of a candidate, read and written.
enum GeminiAnnotations {
    /// The most sources of an answer that are read.
    private static let maximumSources = 1_024

    // MARK: Sources

    /// The sources in a candidate's `citationMetadata` and `groundingMetadata`, whose places this vendor counts in bytes of the answer's text.
    static func citations(
        of citationMetadata: JSONValue?,
        _ groundingMetadata: JSONValue?,
        in offsets: GeminiTextOffsets
    ) -> [Citation] {
        var citations: [Citation] = []
        if let written = citationMetadata?.member("citations", "citationSources")?.array {
            for source in written.prefix(maximumSources) {
                let citation = Citation(
                    url: source["uri"]?.text,
                    title: source["title"]?.text,
                    range: offsets.characters(from: source["startIndex"]?.int ?? 0, to: source["endIndex"]?.int)
                )
                if citation.url != nil || citation.title != nil { citations.append(citation) }
            }
        }
        guard let groundingMetadata else { return citations }
        let chunks = (groundingMetadata["groundingChunks"]?.elements ?? []).prefix(maximumSources).map(source)
        var isCited = Array(repeating: false, count: chunks.count)
        for support in (groundingMetadata["groundingSupports"]?.elements ?? []).prefix(maximumSources) {
            let segment = support["segment"]
            let range = offsets.characters(from: segment?["startIndex"]?.int ?? 0, to: segment?["endIndex"]?.int)
            for index in (support["groundingChunkIndices"]?.elements ?? []).prefix(64) {
                guard citations.count < maximumSources, let index = index.int, chunks.indices.contains(index),
                    var citation = chunks[index]
                else { continue }
                citation.range = range
                citations.append(citation)
                isCited[index] = true
            }
        }
        for (index, citation) in chunks.enumerated() where !isCited[index] {
            if let citation { citations.append(citation) }
        }
        return citations
    }

    /// What a `GroundingChunk` names: a page, a document of a search store, or a place.
    private static func source(_ chunk: JSONValue) -> Citation? {
        guard let source = chunk["web"] ?? chunk["retrievedContext"] ?? chunk["maps"] ?? chunk["image"] else {
            return nil
        }
        let citation = Citation(
            url: source.member("uri", "sourceUri")?.text,
            title: source["title"]?.text,
            citedText: source["text"]?.text
        )
        return citation.url == nil && citation.title == nil ? nil : citation
    }

    /// Writes the member `groundingMetadata` for an answer that cites; nothing for one that does not.
    static func write(_ citations: [Citation], in offsets: GeminiTextOffsets, into writer: inout JSONWriter) {
        guard !citations.isEmpty else { return }
        writer.beginMember("groundingMetadata")
        writer.key("groundingChunks")
        writer.beginArray()
        for citation in citations {
            writer.beginObject()
            writer.beginMember(citation.url == nil ? "retrievedContext" : "web")
            if let url = citation.url { writer.member("uri", url) }
            if let title = citation.title { writer.member("title", title) }
            if citation.url == nil, let text = citation.citedText { writer.member("text", text) }
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        writer.key("groundingSupports")
        writer.beginArray()
        for (index, citation) in citations.enumerated() {
            guard let range = citation.range, let bytes = offsets.bytes(of: range) else { continue }
            writer.beginObject()
            writer.beginMember("segment")
            writer.member("startIndex", bytes.lowerBound)
            writer.member("endIndex", bytes.upperBound)
            writer.endObject()
            writer.member("groundingChunkIndices", array: { $0.int(index) })
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    // MARK: Log probabilities

    /// A `logprobsResult` in the shape of OpenAI's `logprobs.content`; nil if it holds no token.
    static func openAILogprobs(_ result: JSONValue) -> JSONValue? {
        guard let chosen = result["chosenCandidates"]?.array, !chosen.isEmpty else { return nil }
        var alternatives = result["topCandidates"]?.array?.makeIterator()
        return JSONValue { writer in
            writer.beginArray()
            for token in chosen {
                writer.beginObject()
                writeToken(token, into: &writer)
                writer.key("top_logprobs")
                writer.beginArray()
                for token in alternatives?.next()?["candidates"]?.array.map(Array.init) ?? [] {
                    writer.object { writeToken(token, into: &$0) }
                }
                writer.endArray()
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private static func writeToken(_ token: JSONValue, into writer: inout JSONWriter) {
        let text = token["token"]?.text ?? ""
        writer.member("token", text)
        writer.key("logprob")
        if let value = token["logProbability"], value.kind == .number { writer.value(value) } else { writer.int(0) }
        writer.member("bytes", array: { writer in for byte in text.string.utf8 { writer.int(Int(byte)) } })
    }

    /// Writes the members `avgLogprobs` and `logprobsResult` for OpenAI's `logprobs.content`.
    static func write(logprobs: JSONValue, into writer: inout JSONWriter) {
        guard let tokens = logprobs.array.map(Array.init), !tokens.isEmpty else { return }
        let sum = tokens.reduce(0) { $0 + ($1["logprob"]?.double ?? 0) }
        writer.member("avgLogprobs", sum / Double(tokens.count))
        writer.beginMember("logprobsResult")
        writer.member(
            "chosenCandidates",
            array: { writer in
                for token in tokens { write(token: token, into: &writer) }
            }
        )
        writer.member(
            "topCandidates",
            array: { writer in
                for token in tokens {
                    writer.object { writer in
                        writer.member(
                            "candidates",
                            array: { writer in
                                for token in token["top_logprobs"]?.array.map(Array.init) ?? [] {
                                    write(token: token, into: &writer)
                                }
                            }
                        )
                    }
                }
            }
        )
        writer.endObject()
    }

    private static func write(token: JSONValue, into writer: inout JSONWriter) {
        writer.beginObject()
        // Nothing else may go on as it is: it might hold line ends.
        if let text = token["token"]?.text { writer.member("token", text) }
        if let value = token["logprob"]?.number { writer.member("logProbability", value) }
        writer.endObject()
    }
}
