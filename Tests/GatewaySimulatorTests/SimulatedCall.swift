// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewaySimulator
import NIOCore
import NIOHTTP1

/// One request to a simulator in this process, and what came back.
struct SimulatedCall {
    let script: Script

    var status: Int { script.status }
    var headers: HTTPHeaders { script.headers }
    var text: String { String(buffer: script.body) }
    /// The body as JSON; null if it is none.
    var json: JSONValue { (try? JSONValue(validating: script.body)) ?? JSONValue { $0.null() } }

    init(
        _ target: String,
        _ body: String = "",
        method: HTTPMethod = .POST,
        headers: [(String, String)],
        settings: SimulatorSettings = SimulatorSettings()
    ) {
        let request = HTTPRequest(
            method: method,
            target: target,
            headers: HTTPHeaders(headers),
            remoteAddress: "127.0.0.1",
            received: .now()
        )
        script = Simulator(settings).script(for: request, body: ByteBuffer(string: body))
    }

    static let openAIHeaders = [("authorization", "Bearer any")]
    static let anthropicHeaders = [("x-api-key", "any"), ("anthropic-version", "2023-06-01")]
    static let geminiHeaders = [("x-goog-api-key", "any")]

    /// A chat completion; `more` are further members, each with a comma behind it.
    static func chat(
        _ messages: String,
        model: String = "gpt-5",
        more: String = "",
        headers: [(String, String)] = []
    ) -> SimulatedCall {
        let body = "{\(more)\"model\":\"\(model)\",\"messages\":[\(messages)]}"
        return SimulatedCall("/v1/chat/completions", body, headers: openAIHeaders + headers)
    }

    /// A Responses call; the input is JSON.
    static func responses(_ input: String, model: String = "gpt-5", more: String = "") -> SimulatedCall {
        SimulatedCall("/v1/responses", "{\(more)\"model\":\"\(model)\",\"input\":\(input)}", headers: openAIHeaders)
    }

    /// A Messages call.
    static func messages(
        _ messages: String,
        model: String = "claude-sonnet-4-5",
        more: String = "\"max_tokens\":1024,",
        headers: [(String, String)] = []
    ) -> SimulatedCall {
        let body = "{\(more)\"model\":\"\(model)\",\"messages\":[\(messages)]}"
        return SimulatedCall("/v1/messages", body, headers: anthropicHeaders + headers)
    }

    /// A generateContent call.
    static func gemini(
        _ contents: String,
        model: String = "gemini-3-1-pro",
        more: String = "",
        method: String = "generateContent"
    ) -> SimulatedCall {
        SimulatedCall(
            "/v1beta/models/\(model):\(method)",
            "{\(more)\"contents\":[\(contents)]}",
            headers: geminiHeaders
        )
    }

    static func embeddings(_ more: String, model: String = "gte-large-en") -> SimulatedCall {
        SimulatedCall("/v1/embeddings", "{\"model\":\"\(model)\",\(more)}", headers: openAIHeaders)
    }

    /// The data of server-sent events, the closing `[DONE]` left out.
    var events: [JSONValue] {
        text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("data: {") }.compactMap { line in
            try? JSONValue(validating: ByteBuffer(substring: line.dropFirst(6)))
        }
    }

    /// The names of server-sent events.
    var eventNames: [String] {
        text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) }
    }
}

extension JSONValue {
    /// The value at a path such as `choices.0.message`.
    subscript(path path: String) -> JSONValue? {
        var value: JSONValue? = self
        for part in path.split(separator: ".") {
            if let position = Int(part) {
                value = value?.array.map(Array.init).flatMap { position < $0.count ? $0[position] : nil }
            } else {
                value = value?[String(part)]
            }
        }
        return value
    }
}

/// Messages that many tests send.
enum Sample {
    static let user = #"{"role":"user","content":"What is Databricks?"}"#
    static let weather =
        #"{"type":"object","properties":{"location":{"type":"string"},"unit":{"type":"string","enum":["c","f"]}},"required":["location"]}"#
    static let chatTools =
        #""tools":[{"type":"function","function":{"name":"get_weather","parameters":\#(weather)}},{"type":"function","function":{"name":"get_time"}}],"#
    static let claudeTools =
        #""max_tokens":4096,"tools":[{"name":"get_weather","input_schema":\#(weather)},{"name":"get_time","input_schema":{"type":"object"}}],"#
    static let geminiTools =
        #""tools":[{"functionDeclarations":[{"name":"get_weather","parametersJsonSchema":\#(weather)},{"name":"get_time"}]}],"#
    static let responseTools =
        #""tools":[{"type":"function","name":"get_weather","parameters":\#(weather)},{"type":"function","name":"get_time","parameters":null}],"#

    static func user(_ text: String) -> String {
        JSONValue {
            $0.object {
                $0.member("role", "user"); $0.member("content", text)
            }
        }.written
    }

    static func geminiUser(_ text: String) -> String {
        JSONValue { writer in
            writer.object { writer in
                writer.member("role", "user")
                writer.member("parts", array: { $0.object { $0.member("text", text) } })
            }
        }
        .written
    }
}

extension JSONValue {
    /// The bytes as text.
    var written: String { String(buffer: bytes) }
}
