// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// The paths of inference requests.
///
/// Every one also answers below `/ai-gateway`, without its version, and with its version twice: SDKs append one to whatever base URL they are given.
/// Paths: Databricks documentation, "Use model services" (2026-11), and github.com/databricks/unity-gateway.
package enum InferenceRoutes {
    /// The last part of a path and what it asks for.
    private struct Endpoint {
        let path: StaticString
        let apiType: APIType

        init(_ path: StaticString, _ apiType: APIType) {
            self.path = path
            self.apiType = apiType
        }
    }

    /// The paths that begin alike.
    private struct Family {
        let prefix: StaticString
        /// The version that the documentation writes behind the prefix.
        let version: StaticString
        let endpoints: [Endpoint]
    }

    /// The paths without variable parts.
    private static let families: [Family] = [
        Family(
            prefix: "/mlflow",
            version: "/v1",
            endpoints: [
                Endpoint("/chat/completions", .mlflowChat), Endpoint("/responses", .mlflowResponses),
                Endpoint("/embeddings", .mlflowEmbeddings),
            ]
        ),
        Family(
            prefix: "/openai",
            version: "/v1",
            endpoints: [
                Endpoint("/chat/completions", .openAIChat), Endpoint("/responses", .openAIResponses),
                Endpoint("/embeddings", .openAIEmbeddings), Endpoint("/completions", .openAICompletions),
                Endpoint("/responses/input_tokens", .openAIInputTokens),
            ]
        ),
        Family(
            prefix: "/anthropic",
            version: "/v1",
            endpoints: [
                Endpoint("/messages", .anthropicMessages), Endpoint("/messages/count_tokens", .anthropicCountTokens),
            ]
        ),
        Family(
            prefix: "/codex",
            version: "/v1",
            endpoints: [
                Endpoint("/responses", .openAIResponses), Endpoint("/responses/input_tokens", .openAIInputTokens),
            ]
        ),
        Family(prefix: "/cursor", version: "/v1", endpoints: [Endpoint("/chat/completions", .cursorChat)]),
        Family(
            prefix: "/serving-endpoints",
            version: "",
            endpoints: [
                Endpoint("/chat/completions", .mlflowChat), Endpoint("/responses", .openAIResponses),
                Endpoint("/embeddings", .mlflowEmbeddings), Endpoint("/completions", .openAICompletions),
            ]
        ),
    ]

    /// What stands behind the model in Gemini's paths.
    private static let geminiMethods: [Endpoint] = [
        Endpoint(":streamGenerateContent", .geminiGenerateContent),
        Endpoint(":generateContent", .geminiGenerateContent),
        Endpoint(":countTokens", .geminiCountTokens), Endpoint(":embedContent", .geminiEmbedContent),
        Endpoint(":batchEmbedContents", .geminiBatchEmbedContents),
    ]

    /// The versions that Gemini's SDK and its forks ask for; of two that begin alike the longer stands first.
    private static let geminiVersions: [StaticString] = ["/v1beta1", "/v1beta", "/v1alpha", "/v1"]

    /// Every path as the documentation writes it, and the API that answers it, with `model` where a path names one.
    ///
    /// `/serving-endpoints/{model}/invocations` stands here as a chat; its body decides.
    package static func all(model: String) -> [(path: String, apiType: APIType)] {
        families.flatMap { family in
            family.endpoints.map { ("\(family.prefix)\(family.version)\($0.path)", $0.apiType) }
        } + geminiMethods.map { ("/gemini/v1beta/models/\(model)\($0.path)", $0.apiType) }
            + [("/serving-endpoints/\(model)/invocations", .mlflowChat)]
    }

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
        for family in families {
            guard var rest = path.dropping(prefix: family.prefix) else { continue }
            for _ in 0..<2 { rest = rest.dropping(prefix: "/v1") ?? rest }
            for endpoint in family.endpoints where rest.count == endpoint.path.utf8CodeUnitCount {
                if rest.dropping(prefix: endpoint.path) != nil {
                    return InferenceRoute(kind: .api(endpoint.apiType))
                }
            }
            if let route = response(rest, family) { return route }
        }
        if let rest = path.dropping(prefix: "/gemini") {
            return gemini(rest, query: Slice(base: target, bounds: min(end + 1, target.count)..<target.count))
        }
        if let rest = path.dropping(prefix: "/serving-endpoints/"), let name = rest.dropping(suffix: "/invocations") {
            guard let model = decoded(name) else { return nil }
            return InferenceRoute(kind: .invocations, model: model)
        }
        return nil
    }

    /// `…/responses/{id}` and `…/responses/{id}/input_items`, an earlier answer of a family that has the Responses API.
    private static func response(_ rest: Slice<UnsafeRawBufferPointer>, _ family: Family) -> InferenceRoute? {
        guard let rest = rest.dropping(prefix: "/responses/"),
            let endpoint = family.endpoints.first(where: {
                $0.apiType == .openAIResponses || $0.apiType == .mlflowResponses
            })
        else { return nil }
        let items = rest.dropping(suffix: "/input_items")
        guard let id = decoded(items ?? rest), !isReserved(id) else { return nil }
        return InferenceRoute(kind: .response(endpoint.apiType, id: id, items == nil ? .whole : .inputItems))
    }

    /// Whether a name in the place of an id is that of another route.
    private static func isReserved(_ id: String) -> Bool {
        id == "compact" || id == "input_tokens" || id == "invocations"
    }

    /// The part behind `/gemini`: a version, `/models/`, a model and a method.
    private static func gemini(
        _ path: Slice<UnsafeRawBufferPointer>,
        query: Slice<UnsafeRawBufferPointer>
    ) -> InferenceRoute? {
        var path = path
        for _ in 0..<2 {
            for version in geminiVersions {
                guard let rest = path.dropping(prefix: version), rest.first == UInt8(ascii: "/") else { continue }
                path = rest
                break
            }
        }
        let rest = path.dropping(prefix: "/models/") ?? path.dropping(prefix: "/publishers/google/models/")
        guard let rest else { return nil }
        for (index, method) in geminiMethods.enumerated() {
            guard let name = rest.dropping(suffix: method.path) else { continue }
            guard let model = decoded(name) else { return nil }
            let wantsServerSentEvents = query.split(separator: UInt8(ascii: "&")).contains { parameter in
                parameter.count == 7 && parameter.elementsEqual("alt=sse".utf8)
            }
            return InferenceRoute(
                kind: .api(method.apiType),
                model: model,
                isStreaming: index == 0,
                wantsServerSentEvents: wantsServerSentEvents
            )
        }
        return nil
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
