// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension APIType {
    package static let geminiGenerateContent = APIType(
        "gemini/v1/generateContent",
        .geminiGenerateContent,
        namesModelInPath: true
    )
    package static let geminiCountTokens = APIType(
        "gemini/v1/countTokens",
        .geminiGenerateContent,
        operation: .countTokens,
        namesModelInPath: true
    )
}

extension Endpoint.Family {
    /// The versions that Gemini's SDK and its forks ask for.
    fileprivate static let gemini = Endpoint.Family(
        "/gemini",
        versions: geminiVersions,
        documented: "/v1beta",
        isVendors: true
    )
    fileprivate static let geminiRoot = Endpoint.Family(
        "",
        versions: geminiVersions,
        documented: "/v1beta",
        isVendors: true
    )
    private static let geminiVersions = ["/v1beta1", "/v1beta", "/v1alpha", "/v1"]
}

extension Endpoint {
    /// The paths of one of Gemini's methods, as Vertex AI spells them too.
    static func gemini(_ method: String, _ apiType: APIType, isStreaming: Bool = false) -> [Endpoint] {
        [Endpoint.Family.gemini, .geminiRoot].flatMap { family in
            var endpoint = Endpoint(family, "/models/{model}:\(method)", apiType)
            endpoint.streaming = .byPath(isStreaming)
            var alias = Endpoint(family, "/publishers/google/models/{model}:\(method)", apiType)
            alias.streaming = .byPath(isStreaming)
            alias.isAlias = true
            return [endpoint, alias]
        }
    }
}

extension Gemini {
    package var endpoints: [Endpoint] {
        Endpoint.gemini("streamGenerateContent", .geminiGenerateContent, isStreaming: true)
            + Endpoint.gemini("generateContent", .geminiGenerateContent)
            + Endpoint.gemini("countTokens", .geminiCountTokens)
    }

    package var modelLists: [any ModelListFormat] { [GeminiModelList()] }

    package var stateRules: StateRules? {
        StateRules(conversation: "contents", marksThoughts: true, standsIn: true)
    }
}
