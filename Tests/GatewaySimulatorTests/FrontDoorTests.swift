// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewaySimulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("Paths, methods, keys and models")
struct FrontDoorTests {
    private static let body = #"{"model":"gpt-5","messages":[\#(Sample.user)]}"#

    @Test("Every answer says that it is simulated")
    func isMarked() {
        for call in [
            SimulatedCall.chat(Sample.user), .messages(Sample.user), .gemini(Sample.geminiUser("x")), .chat(""),
        ] {
            #expect(call.headers.first(name: "x-gatehouse-simulated") == "true")
        }
        #expect(SimulatedCall.chat(Sample.user).headers.first(name: "x-request-id")?.hasPrefix("req_") == true)
    }

    @Test(
        "A key is asked for where each vendor looks for it",
        arguments: [
            ("/v1/chat/completions", "authorization", "Bearer secret", 401, 401),
            ("/v1/responses", "authorization", "Bearer secret", 401, 401),
            ("/v1/embeddings", "authorization", "Bearer secret", 401, 401),
            ("/v1/messages", "x-api-key", "secret", 401, 401),
            ("/v1/messages", "authorization", "Bearer secret", 401, 401),
            ("/v1beta/models/gemini-3-1-pro:generateContent", "x-goog-api-key", "secret", 403, 400),
            ("/v1beta/models/gemini-3-1-pro:generateContent", "authorization", "Bearer secret", 403, 400),
        ]
    )
    func keys(_ path: String, _ name: String, _ value: String, _ missing: Int, _ wrong: Int) {
        let settings = SimulatorSettings(apiKey: "secret")
        let version = [("anthropic-version", "2023-06-01")]
        #expect(SimulatedCall(path, "{}", headers: version).status == missing)
        #expect(SimulatedCall(path, "{}", headers: version + [(name, value + "x")], settings: settings).status == wrong)
        #expect(
            SimulatedCall(path, "{}", headers: version + [(name, String(value.dropLast()))], settings: settings).status
                == wrong
        )
        // The right key gets as far as the empty body.
        let right = SimulatedCall(path, "{}", headers: version + [(name, value)], settings: settings)
        #expect(right.status == 400)
        #expect(right.text.contains("API_KEY_INVALID") == false)
        #expect(SimulatedCall(path, "{}", headers: version + [(name, value + "x")]).text == right.text)
    }

    @Test("Google's key may stand in the query")
    func queryKey() {
        let call = SimulatedCall(
            "/v1beta/models?key=secret",
            method: .GET,
            headers: [],
            settings: SimulatorSettings(apiKey: "secret")
        )
        #expect(call.status == 200)
    }

    @Test("Errors of the front door have each vendor's shape")
    func shapes() {
        let openAI = SimulatedCall("/v1/chat/completions", Self.body, headers: [])
        #expect(openAI.json[path: "error.type"]?.string == "invalid_request_error")
        let anthropic = SimulatedCall("/v1/messages", Self.body, headers: [("anthropic-version", "2023-06-01")])
        #expect(anthropic.json[path: "error.type"]?.string == "authentication_error")
        let gemini = SimulatedCall("/v1beta/models/x:generateContent", Self.body, headers: [])
        #expect(gemini.json[path: "error.status"]?.string == "PERMISSION_DENIED")
    }

    @Test("Anthropic wants a version that is a date", arguments: [nil, "latest", "2023-6-1"])
    func version(_ version: String?) {
        let headers = [("x-api-key", "k")] + (version.map { [("anthropic-version", $0)] } ?? [])
        let call = SimulatedCall("/v1/messages", "{}", headers: headers)
        #expect(call.json[path: "error.message"]?.string?.hasPrefix("anthropic-version: ") == true)
    }

    @Test("A wrong method gets 405 with the right one, a wrong path 404")
    func methods() {
        let call = SimulatedCall("/v1/chat/completions", method: .GET, headers: SimulatedCall.openAIHeaders)
        #expect(call.status == 405)
        #expect(call.headers.first(name: "allow") == "POST")
        #expect(SimulatedCall("/v1/models", headers: SimulatedCall.openAIHeaders).status == 405)
        for path in ["/", "/v1", "/v1/chat", "/v1beta/models/gemini-3-1-pro:teleport", "/v1/models/", "/v1/messages/x"]
        {
            #expect(SimulatedCall(path, headers: SimulatedCall.openAIHeaders).status == 404, "\(path)")
        }
    }

    @Test(
        "A model is known by all of its names",
        arguments: [
            "gpt-5", "system.ai.gpt-5", "databricks-gpt-5", "system.ai.databricks-gpt-5", "gpt-5-2025-08-07", "gpt-5.1",
            "gpt-5-1",
            "gpt-oss-120b", "llama-4-maverick",
        ]
    )
    func names(_ name: String) {
        let call = SimulatedCall.chat(Sample.user, model: name)
        #expect(call.status == 200)
        #expect(call.json["model"]?.string == name)
    }

    @Test("Google's model names may be encoded in the path, and Claude's may carry a date or a context")
    func otherNames() {
        #expect(SimulatedCall.gemini(Sample.geminiUser("x"), model: "gemini-3.1-pro-preview").status == 200)
        #expect(SimulatedCall.gemini(Sample.geminiUser("x"), model: "system%2Eai%2Egemini-3-1-pro").status == 200)
        #expect(SimulatedCall.messages(Sample.user, model: "claude-sonnet-4-5-20250929").status == 200)
        #expect(SimulatedCall.messages(Sample.user, model: "claude-opus-4-6[1m]").status == 200)
    }

    @Test("Every model of the catalogue answers in each of its APIs")
    func allModels() {
        for model in BuiltInModels.all {
            for format in model.wireFormats {
                let call: SimulatedCall? =
                    switch format {
                    case .openAIChat: SimulatedCall.chat(Sample.user, model: model.shortName)
                    case .openAIResponses: SimulatedCall.responses(#""x""#, model: model.shortName)
                    case .openAIEmbeddings: SimulatedCall.embeddings(#""input":"x""#, model: model.shortName)
                    case .anthropicMessages: SimulatedCall.messages(Sample.user, model: model.shortName)
                    case .geminiGenerateContent: SimulatedCall.gemini(Sample.geminiUser("x"), model: model.shortName)
                    case .bedrockConverse: SimulatedCall("/model/\(model.shortName)/converse", Sample.user, headers: [])
                    default: nil
                    }
                #expect(call?.status == 200, "\(model.shortName) \(format)")
            }
        }
    }

    @Test("Each vendor lists and describes its own models")
    func lists() {
        let openAI = SimulatedCall("/v1/models", method: .GET, headers: SimulatedCall.openAIHeaders)
        #expect(openAI.json["data"]?.array?.contains { $0["id"]?.string == "gpt-5" } == true)
        #expect(openAI.json["data"]?.array?.contains { $0["id"]?.string == "claude-sonnet-4-5" } == false)
        let anthropic = SimulatedCall("/v1/models", method: .GET, headers: SimulatedCall.anthropicHeaders)
        #expect(anthropic.json["data"]?.array?.allSatisfy { $0["id"]?.string?.hasPrefix("claude") == true } == true)
        #expect(anthropic.json["has_more"]?.bool == false)
        let gemini = SimulatedCall("/v1beta/models", method: .GET, headers: SimulatedCall.geminiHeaders)
        #expect(
            gemini.json["models"]?.array?.allSatisfy { $0["name"]?.string?.hasPrefix("models/gemini") == true } == true
        )
        #expect(
            SimulatedCall("/v1/models/gpt-5", method: .GET, headers: SimulatedCall.openAIHeaders).json["id"]?.string
                == "gpt-5"
        )
        #expect(SimulatedCall("/v1/models/gpt-9", method: .GET, headers: SimulatedCall.openAIHeaders).status == 404)
    }

    @Test("The head is checked before the body is read")
    func head() {
        let request = HTTPRequest(
            method: .POST,
            target: "/v1/chat/completions",
            headers: [:],
            remoteAddress: "",
            received: .now()
        )
        #expect(Simulator().refusal(of: request)?.status == 401)
        var allowed = request
        allowed.headers = HTTPHeaders(SimulatedCall.openAIHeaders)
        #expect(Simulator().refusal(of: allowed)?.status == nil)
    }
}
