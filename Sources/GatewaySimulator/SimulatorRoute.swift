// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOHTTP1

/// What the path of a request asks for, and of which vendor.
struct SimulatorRoute: Sendable {
    enum Endpoint: Sendable {
        case chatCompletions
        case responses
        case responseTokens
        case responseCompaction
        /// `/v1/responses/{id}` and what is below it.
        case storedResponse(String)
        case embeddings
        case messages
        case messageTokens
        case generateContent(model: String, isStreaming: Bool)
        case geminiTokens(model: String)
        case converse(model: String, isStreaming: Bool)
        case converseTokens(model: String)
        case invoke(model: String)
        case models
        case model(String)
        case unknown
    }

    let endpoint: Endpoint
    let vendor: Vendor
    /// Path without the query.
    let path: String
    /// The values of the query that matter.
    let isServerSentEvents: Bool
    let queryKey: String?

    init(target: String, headers: HTTPHeaders) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts.first ?? "")
        self.path = path
        var isServerSentEvents = false
        var queryKey: String?
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            if pair == "alt=sse" { isServerSentEvents = true }
            if pair.hasPrefix("key=") { queryKey = Self.decoded(pair.dropFirst(4)) }
        }
        self.isServerSentEvents = isServerSentEvents
        self.queryKey = queryKey
        let isAnthropic = headers.contains(name: "anthropic-version")
        let isGoogle = headers.contains(name: "x-goog-api-key") || queryKey != nil
        switch path {
        case "/v1/chat/completions": (endpoint, vendor) = (.chatCompletions, .openAI)
        case "/v1/responses": (endpoint, vendor) = (.responses, .openAI)
        case "/v1/responses/input_tokens": (endpoint, vendor) = (.responseTokens, .openAI)
        case "/v1/responses/compact": (endpoint, vendor) = (.responseCompaction, .openAI)
        case "/v1/embeddings": (endpoint, vendor) = (.embeddings, .openAI)
        case "/v1/messages": (endpoint, vendor) = (.messages, .anthropic)
        case "/v1/messages/count_tokens": (endpoint, vendor) = (.messageTokens, .anthropic)
        case "/v1/models": (endpoint, vendor) = (.models, isAnthropic ? .anthropic : isGoogle ? .gemini : .openAI)
        case "/v1beta/models": (endpoint, vendor) = (.models, .gemini)
        default:
            if let name = Self.suffix(of: path, behind: ["/v1beta/models/", "/v1/models/"]) {
                let isBeta = path.hasPrefix("/v1beta/")
                if let colon = name.lastIndex(of: ":") {
                    let model = Self.decoded(name[..<colon])
                    vendor = .gemini
                    switch name[name.index(after: colon)...] {
                    case "generateContent": endpoint = .generateContent(model: model, isStreaming: false)
                    case "streamGenerateContent": endpoint = .generateContent(model: model, isStreaming: true)
                    case "countTokens": endpoint = .geminiTokens(model: model)
                    default: endpoint = .unknown
                    }
                } else {
                    endpoint = .model(Self.decoded(name))
                    vendor = isBeta || isGoogle ? .gemini : isAnthropic ? .anthropic : .openAI
                }
            } else if let rest = Self.suffix(of: path, behind: ["/model/"]) {
                let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
                let model = Self.decoded(parts[0])
                vendor = .amazon
                switch parts.dropFirst() {
                case ["converse"]: endpoint = .converse(model: model, isStreaming: false)
                case ["converse-stream"]: endpoint = .converse(model: model, isStreaming: true)
                case ["count-tokens"]: endpoint = .converseTokens(model: model)
                case ["invoke"]: endpoint = .invoke(model: model)
                default: endpoint = .unknown
                }
            } else if let id = Self.suffix(of: path, behind: ["/v1/responses/"]) {
                (endpoint, vendor) = (.storedResponse(String(id.prefix { $0 != "/" })), .openAI)
            } else {
                endpoint = .unknown
                vendor = path.hasPrefix("/v1beta") || isGoogle ? .gemini : isAnthropic ? .anthropic : .openAI
            }
        }
    }

    private static func suffix(of path: String, behind prefixes: [String]) -> Substring? {
        for prefix in prefixes where path.hasPrefix(prefix) && path.utf8.count > prefix.utf8.count {
            return path.dropFirst(prefix.count)
        }
        return nil
    }

    /// The text without percent-encoding; a broken code stays as it is.
    private static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var iterator = Array(text.utf8)[...]
        while let byte = iterator.popFirst() {
            if byte == UInt8(ascii: "%"), iterator.count >= 2,
                let code = UInt8(String(decoding: iterator.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                iterator.removeFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The only method that the endpoint has.
    var method: HTTPMethod {
        switch endpoint {
        case .models, .model, .storedResponse: .GET
        default: .POST
        }
    }
}
