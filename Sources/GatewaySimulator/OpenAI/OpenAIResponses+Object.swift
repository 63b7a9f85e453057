// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension OpenAIResponses {
    enum Status {
        case inProgress
        /// Completed, or incomplete where the response was cut.
        case ended
        case failed(Refusal)
    }

    /// Writes the response object; its output and usage only once it has ended.
    static func writeResponse(
        _ status: Status,
        _ answer: Answer,
        _ request: Request,
        _ simulation: Simulation,
        into writer: inout JSONWriter
    ) {
        let root = request.root
        var hasEnded = false
        if case .ended = status { hasEnded = true }
        writer.object { writer in
            writer.member("id", responseID(simulation))
            writer.member("object", "response")
            writer.member("created_at", simulation.time)
            writer.member("status", statusName(status, answer))
            writer.member("background", false)
            writer.key("completed_at")
            if hasEnded, answer.ending != .length { writer.int(simulation.time) } else { writer.null() }
            writer.key("error")
            if case .failed(let refusal) = status { writeError(refusal, into: &writer) } else { writer.null() }
            writer.key("incomplete_details")
            if hasEnded, answer.ending == .length {
                writer.object { $0.member("reason", "max_output_tokens") }
            } else {
                writer.null()
            }
            writer.member("instructions", optional: root["instructions"])
            writer.member("max_output_tokens", optional: root["max_output_tokens"])
            writer.member("max_tool_calls", optional: root["max_tool_calls"])
            writer.member("model", request.prompt.modelName)
            writer.member(
                "output",
                array: { writer in
                    guard hasEnded else { return }
                    for item in items(of: answer) {
                        writeItem(item, isDone: true, answer, request, simulation, into: &writer)
                    }
                }
            )
            writer.member("parallel_tool_calls", root["parallel_tool_calls"]?.bool ?? true)
            writer.nullMember("previous_response_id")
            writer.member("prompt_cache_key", optional: root["prompt_cache_key"])
            writer.member(
                "reasoning",
                object: { writer in
                    writer.member("effort", optional: root["reasoning"]?["effort"])
                    writer.member("summary", optional: root["reasoning"]?["summary"])
                }
            )
            writer.member("safety_identifier", optional: root["safety_identifier"])
            writer.member("service_tier", OpenAIChat.servedTier(root["service_tier"]?.string))
            writer.member("store", root["store"]?.bool ?? true)
            writeSettings(root, into: &writer)
            writer.key("usage")
            if hasEnded, !request.prompt.instructions.withoutUsage {
                writeUsage(answer, request.prompt, into: &writer)
            } else {
                writer.null()
            }
            writer.member("user", optional: root["user"])
            writer.key("metadata")
            if let metadata = root["metadata"], !metadata.isNull {
                writer.value(metadata.onOneLine)
            } else {
                writer.object { _ in }
            }
        }
    }

    private static func statusName(_ status: Status, _ answer: Answer) -> StaticString {
        switch status {
        case .inProgress: "in_progress"
        case .ended: answer.ending == .length ? "incomplete" : "completed"
        case .failed: "failed"
        }
    }

    private static func writeError(_ refusal: Refusal, into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("code", refusal.status == 429 ? "rate_limit_exceeded" : "server_error")
            writer.member("message", refusal.message)
        }
    }

    /// Fields that repeat what the request set, or the defaults.
    private static func writeSettings(_ root: JSONValue, into writer: inout JSONWriter) {
        writer.member("temperature", root["temperature"]?.double ?? 1)
        writer.member("presence_penalty", root["presence_penalty"]?.double ?? 0)
        writer.member("frequency_penalty", root["frequency_penalty"]?.double ?? 0)
        writer.member(
            "text",
            object: { writer in
                writer.key("format")
                if let format = root["text"]?["format"], !format.isNull {
                    write(format.onOneLine, defaults: format["schema"] == nil ? [] : schemaDefaults, into: &writer)
                } else {
                    writer.object { $0.member("type", "text") }
                }
                writer.member("verbosity", root["text"]?["verbosity"]?.string ?? "medium")
            }
        )
        writer.key("tool_choice")
        if let choice = root["tool_choice"], !choice.isNull {
            writer.value(choice.onOneLine)
        } else {
            writer.string("auto")
        }
        writer.key("tools")
        writer.array { writer in
            for tool in root["tools"]?.array.map(Array.init) ?? [] {
                let isFunction = tool["type"]?.string == "function"
                write(tool.onOneLine, defaults: isFunction ? toolDefaults : [], into: &writer)
            }
        }
        writer.member("top_logprobs", root["top_logprobs"]?.int ?? 0)
        writer.member("top_p", root["top_p"]?.double ?? 1)
        writer.member("truncation", root["truncation"]?.string ?? "disabled")
    }

    /// What OpenAI fills in (Open Responses specification, 2026-04-24).
    private static let toolDefaults: [(key: StaticString, json: StaticString)] = [
        ("description", "null"), ("parameters", "null"), ("strict", "true"),
    ]
    private static let schemaDefaults: [(key: StaticString, json: StaticString)] = [
        ("description", "null"), ("strict", "false"),
    ]

    /// Writes an object of the request with the fields that the client left out.
    private static func write(
        _ value: JSONValue,
        defaults: [(key: StaticString, json: StaticString)],
        into writer: inout JSONWriter
    ) {
        guard let fields = value.object else { return writer.value(value) }
        writer.object { writer in
            for (key, value) in fields {
                writer.key(key)
                writer.value(value)
            }
            for (key, json) in defaults where value[key] == nil {
                writer.key(key)
                writer.raw(json)
            }
        }
    }

    static func writeUsage(_ answer: Answer, _ prompt: Prompt, into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("input_tokens", prompt.inputTokens)
            writer.member(
                "input_tokens_details",
                object: { writer in
                    writer.member("cached_tokens", min(prompt.instructions.cachedTokens ?? 0, prompt.inputTokens))
                    writer.member("cache_write_tokens", 0)
                }
            )
            writer.member("output_tokens", answer.outputTokens)
            writer.member("output_tokens_details", object: { $0.member("reasoning_tokens", answer.reasoning.count) })
            writer.member("total_tokens", prompt.inputTokens + answer.outputTokens)
        }
    }

    /// The non-streaming response.
    static func wholeScript(_ answer: Answer, _ request: Request, _ simulation: Simulation) -> Script {
        var buffer = ByteBufferAllocator().buffer(capacity: 2_048)
        buffer.writeJSON { writeResponse(.ended, answer, request, simulation, into: &$0) }
        return .whole(buffer, tokens: answer.outputTokens, prompt: request.prompt, vendor: .openAI, simulation)
    }

    static func responseID(_ simulation: Simulation) -> String {
        simulation.identity.hexID("resp_", 48)
    }
}
