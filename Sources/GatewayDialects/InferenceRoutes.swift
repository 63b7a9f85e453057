// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// The paths of inference requests.
///
/// Every one also answers below `/ai-gateway`. Paths: `reference/databricks-chat-dialect.md` 1 (2026-11).
package enum InferenceRoutes {
    /// A path without variable parts.
    private struct Fixed {
        let path: StaticString
        let apiType: APIType

        init(_ path: StaticString, _ apiType: APIType) {
            self.path = path
            self.apiType = apiType
        }
    }

    private static let fixed: [Fixed] = [
        Fixed("/mlflow/v1/chat/completions", .mlflowChat),
        Fixed("/openai/v1/chat/completions", .openAIChat),
        Fixed("/openai/v1/responses", .openAIResponses),
        Fixed("/mlflow/v1/responses", .mlflowResponses),
        Fixed("/openai/v1/embeddings", .openAIEmbeddings),
        Fixed("/mlflow/v1/embeddings", .mlflowEmbeddings),
        Fixed("/anthropic/v1/messages", .anthropicMessages),
        Fixed("/serving-endpoints/chat/completions", .mlflowChat),
        Fixed("/serving-endpoints/responses", .openAIResponses),
        Fixed("/serving-endpoints/embeddings", .mlflowEmbeddings),
    ]

    /// What a request target (path and query, as the client sent it) asks for; nil where no inference route answers it.
    ///
    /// Only `alt=sse` of the query matters. A model in the path is percent-decoded once; one that could leave its place in an upstream's path (a slash, a dot
    /// segment, a control character) or that is not UTF-8 matches nothing.
    package static func match(path target: String) -> InferenceRoute? {
        var target = target
        return target.withUTF8 { match(UnsafeRawBufferPointer($0)) }
    }

    private static func match(_ target: UnsafeRawBufferPointer) -> InferenceRoute? {
        var end = 0
        while end < target.count, target[end] != UInt8(ascii: "?") { end += 1 }
        var path = Slice(base: target, bounds: 0..<end)
        if let rest = path.dropping(prefix: "/ai-gateway") { path = rest }
        for route in fixed where path.count == route.path.utf8CodeUnitCount {
            if path.dropping(prefix: route.path) != nil { return InferenceRoute(kind: .api(route.apiType)) }
        }
        if let rest = path.dropping(prefix: "/gemini/v1") {
            return gemini(rest, query: Slice(base: target, bounds: min(end + 1, target.count)..<target.count))
        }
        if let rest = path.dropping(prefix: "/serving-endpoints/"), let name = rest.dropping(suffix: "/invocations") {
            guard let model = decoded(name) else { return nil }
            return InferenceRoute(kind: .invocations, model: model)
        }
        return nil
    }

    /// The part behind `/gemini/v1`: `/models/M:generateContent`, also with `beta` before it.
    private static func gemini(
        _ path: Slice<UnsafeRawBufferPointer>,
        query: Slice<UnsafeRawBufferPointer>
    ) -> InferenceRoute? {
        guard let rest = (path.dropping(prefix: "beta") ?? path).dropping(prefix: "/models/") else { return nil }
        let isStreaming: Bool
        let name: Slice<UnsafeRawBufferPointer>
        if let found = rest.dropping(suffix: ":generateContent") {
            (name, isStreaming) = (found, false)
        } else if let found = rest.dropping(suffix: ":streamGenerateContent") {
            (name, isStreaming) = (found, true)
        } else {
            return nil
        }
        guard let model = decoded(name) else { return nil }
        let wantsServerSentEvents = query.split(separator: UInt8(ascii: "&")).contains { parameter in
            parameter.count == 7 && parameter.elementsEqual("alt=sse".utf8)
        }
        return InferenceRoute(
            kind: .api(.geminiGenerateContent),
            model: model,
            isStreaming: isStreaming,
            wantsServerSentEvents: wantsServerSentEvents
        )
    }

    /// A path segment with its percent escapes undone; nil if it is not safe to use as a name.
    private static func decoded(_ segment: Slice<UnsafeRawBufferPointer>) -> String? {
        guard !segment.isEmpty, segment.count <= 1024 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(segment.count)
        var index = segment.startIndex
        while index < segment.endIndex {
            var byte = segment[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < segment.endIndex, let high = hexValue(segment[index + 1]),
                    let low = hexValue(segment[index + 2])
                else { return nil }
                byte = high << 4 | low
                index += 2
            }
            guard byte >= 0x20, byte != 0x7F, byte != UInt8(ascii: "/"), byte != UInt8(ascii: "\\") else { return nil }
            bytes.append(byte)
            index += 1
        }
        guard let name = String(validating: bytes, as: UTF8.self), name != ".", name != ".." else { return nil }
        return name
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// What follows this prefix; nil without it.
    fileprivate func dropping(prefix: StaticString) -> Self? {
        let count = prefix.utf8CodeUnitCount
        guard self.count >= count else { return nil }
        for offset in 0..<count where self[startIndex + offset] != prefix.utf8Start[offset] { return nil }
        return self[(startIndex + count)...]
    }

    /// What comes before this suffix; nil without it.
    fileprivate func dropping(suffix: StaticString) -> Self? {
        let count = suffix.utf8CodeUnitCount
        guard self.count >= count else { return nil }
        for offset in 0..<count where self[endIndex - count + offset] != suffix.utf8Start[offset] { return nil }
        return self[..<(endIndex - count)]
    }
}
