// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOCore
import NIOHTTP1

/// The simulated upstream: a request in, a script out.
///
/// It has no sockets, no clock and no state.
package struct Simulator: Sendable {
    private let settings: SimulatorSettings
    private let state: OpaqueState

    package init(_ settings: SimulatorSettings = SimulatorSettings()) {
        self.settings = settings
        self.state = OpaqueState(key: settings.stateKey)
    }

    /// The response before the body has been read; nil if the head is valid.
    package func refusal(of request: HTTPRequest) -> Script? {
        let route = SimulatorRoute(target: request.target, headers: request.headers)
        do throws(Refusal) {
            try check(request, route)
            return nil
        } catch {
            return .refusal(error, vendor: route.vendor, RequestIdentity(path: request.target, body: ByteBuffer()))
        }
    }

    /// The response to a body that could not be read.
    package func script(for error: GatewayError, in request: HTTPRequest) -> Script {
        let route = SimulatorRoute(target: request.target, headers: request.headers)
        let identity = RequestIdentity(path: request.target, body: ByteBuffer())
        return .refusal(Refusal(error.status, error.message), vendor: route.vendor, identity)
    }

    /// The vendor's complete response.
    package func script(for request: HTTPRequest, body: ByteBuffer) -> Script {
        let route = SimulatorRoute(target: request.target, headers: request.headers)
        let simulation = Simulation(
            identity: RequestIdentity(path: request.target, body: body),
            pace: settings.pace,
            time: settings.clock(),
            state: state,
            header: request.headers.first(name: "x-simulator"),
            catalog: settings.catalog
        )
        do throws(Refusal) {
            try check(request, route)
            return try script(route, request, body, simulation)
        } catch {
            return .refusal(error, vendor: route.vendor, simulation.identity)
        }
    }

    private func check(_ request: HTTPRequest, _ route: SimulatorRoute) throws(Refusal) {
        if case .unknown = route.endpoint { throw unknownPath(request, route) }
        guard request.method == route.method else {
            let message =
                switch route.vendor {
                case .openAI: "Not allowed to \(request.method.rawValue) on \(route.path)."
                case .anthropic: "Method Not Allowed"
                case .gemini: "The method \(request.method.rawValue) is not allowed here."
                case .amazon: "Unable to determine service/operation name to be authorized"
                }
            throw Refusal(405, message, allowedMethod: route.method.rawValue)
        }
        try SimulatorCredential.check(request.headers, route, expected: settings.apiKey)
        if route.vendor == .anthropic { try checkVersion(request.headers) }
    }

    private func unknownPath(_ request: HTTPRequest, _ route: SimulatorRoute) -> Refusal {
        switch route.vendor {
        case .openAI: Refusal(404, "Invalid URL (\(request.method.rawValue) \(route.path.prefix(200)))")
        case .anthropic: Refusal(404, "Not Found")
        case .gemini: Refusal(404, "The requested URL was not found.")
        case .amazon: Refusal(404, "Unable to determine service/operation name to be authorized")
        }
    }

    /// Anthropic's callers must say which version of the API they mean: a date.
    private func checkVersion(_ headers: HTTPHeaders) throws(Refusal) {
        guard let version = headers.first(name: "anthropic-version") else {
            throw .invalid("anthropic-version: header is required")
        }
        let parts = version.split(separator: "-", omittingEmptySubsequences: false)
        let isDate = parts.map(\.utf8.count) == [4, 2, 2] && parts.allSatisfy { $0.utf8.allSatisfy { $0 &- 48 < 10 } }
        guard isDate else { throw .invalid("anthropic-version: \"\(version.prefix(40))\" is not a valid version") }
    }

    private func script(
        _ route: SimulatorRoute,
        _ request: HTTPRequest,
        _ body: ByteBuffer,
        _ simulation: Simulation
    ) throws(Refusal) -> Script {
        switch route.endpoint {
        case .chatCompletions: return try OpenAIChat.script(body, simulation)
        case .responses: return try OpenAIResponses.script(body, simulation)
        case .responseTokens: return try OpenAIResponses.countScript(body, simulation)
        case .responseCompaction: return try OpenAIResponses.compactScript(body, simulation)
        case .storedResponse(let id):
            throw Refusal(404, "Response with id '\(id.prefix(128))' not found.", parameter: "response_id")
        case .embeddings: return try OpenAIEmbeddings.script(body, simulation)
        case .messages: return try AnthropicMessages.script(body, betas: betas(request), simulation)
        case .messageTokens: return try AnthropicMessages.countScript(body, betas: betas(request), simulation)
        case .generateContent(let model, let isStreaming):
            let delivery: Gemini.Delivery =
                !isStreaming ? .whole : route.isServerSentEvents ? .serverSentEvents : .array
            return try Gemini.script(model, delivery, body, simulation)
        case .converse(let model, let isStreaming):
            return try BedrockConverse.script(model, isStreaming: isStreaming, body, simulation)
        case .converseTokens(let model): return try BedrockConverse.countScript(model, body, simulation)
        case .invoke(let model): return try BedrockEmbeddings.script(model, body, simulation)
        case .geminiTokens(let model): return try Gemini.countScript(model, body, simulation)
        case .models: return ModelList.script(route.vendor, simulation)
        case .model(let name): return try ModelList.script(of: name, route.vendor, simulation)
        case .unknown: throw unknownPath(request, route)
        }
    }

    private func betas(_ request: HTTPRequest) -> [Substring] {
        request.headers[canonicalForm: "anthropic-beta"].filter { !$0.isEmpty }
    }
}
