// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The `response` object of an answer: what is the same in every copy of it that a stream sends.
///
/// It has the members of the SDK's type that a translated answer can have, those of the request as the client wrote them (PyPI `openai` 3.52.0,
/// `types/responses/response.py`, 2026-11).
struct ResponseObject {
    enum Status {
        case inProgress
        case completed
        /// Cut off, for the reason as `incomplete_details` names it.
        case incomplete(StaticString)
        case failed(GatewayError)

        fileprivate var name: StaticString {
            switch self {
            case .inProgress: "in_progress"
            case .completed: "completed"
            case .incomplete: "incomplete"
            case .failed: "failed"
            }
        }
    }

    /// At most 64 characters.
    let id: JSONString
    private let model: JSONString
    private let created: Int
    private let echo: [(key: StaticString, value: JSONValue?, otherwise: StaticString)]

    /// Members of the request that the answer repeats, and what it says where the client said nothing.
    private static let echoed: [(StaticString, StaticString)] = [
        ("instructions", "null"), ("max_output_tokens", "null"), ("max_tool_calls", "null"),
        ("parallel_tool_calls", "true"), ("previous_response_id", "null"), ("prompt_cache_key", "null"),
        ("prompt_cache_retention", "null"), ("reasoning", #"{"effort":null,"summary":null}"#),
        ("safety_identifier", "null"), ("store", "true"), ("temperature", "null"),
        ("text", #"{"format":{"type":"text"}}"#), ("tool_choice", #""auto""#), ("tools", "[]"),
        ("top_logprobs", "0"), ("top_p", "null"), ("truncation", #""disabled""#), ("user", "null"),
        ("metadata", "{}"),
    ]

    /// An answer that the vendor gave this id and model, where it gave any.
    init(id: JSONString?, model: JSONString?, _ answer: AnswerContext) {
        self.id = Self.id(id, answer)
        self.model = model.flatMap { $0.isEmpty ? nil : $0 } ?? JSONString(answer.model)
        created = answer.identity.created
        var echo = Self.echoed.map {
            key,
            otherwise -> (key: StaticString, value: JSONValue?, otherwise: StaticString) in
            let value = try? answer.request?.unique(key)
            return (key, value?.isNull == true ? nil : value?.onOneLine, otherwise)
        }
        if let previous = answer.previousResponseID,
            let index = echo.firstIndex(where: { $0.key.description == "previous_response_id" })
        {
            echo[index].value = JSONValue { $0.string(previous) }
        }
        self.echo = echo
    }

    /// The vendor's id if clients may take it for one of theirs, else one made of the request's.
    private static func id(_ id: JSONString?, _ answer: AnswerContext) -> JSONString {
        if let id, id.hasPrefix("resp_"), id.utf8Count <= 64 { return id }
        return JSONString("resp_\(root(of: answer))")
    }

    /// What ids are made of: the request's id without its dashes.
    static func root(of answer: AnswerContext) -> String {
        String(answer.identity.requestID.filter { $0 != "-" }.prefix(40))
    }

    /// Writes the object; `output` is the array of its items.
    func write(
        _ status: Status,
        output: ByteBuffer,
        usage: TokenUsage?,
        serviceTier: StaticString? = nil,
        into writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("object", "response")
        writer.member("created_at", created)
        writer.member("status", status.name)
        writer.member("background", false)
        writer.key("completed_at")
        writer.null()
        writer.key("conversation")
        writer.null()
        writer.key("error")
        if case .failed(let error) = status {
            writer.beginObject()
            writer.member("code", OpenAIResponses.failureCode(of: error))
            writer.member("message", error.message)
            writer.endObject()
        } else {
            writer.null()
        }
        writer.key("incomplete_details")
        if case .incomplete(let reason) = status {
            writer.beginObject()
            writer.member("reason", reason)
            writer.endObject()
        } else {
            writer.null()
        }
        writer.member("model", model)
        writer.key("output")
        writer.raw(output)
        for (key, value, otherwise) in echo {
            writer.key(key)
            if let value { writer.value(value) } else { writer.raw(otherwise) }
        }
        writer.key("service_tier")
        if let serviceTier { writer.string(serviceTier) } else { writer.null() }
        writer.key("usage")
        if let usage, !usage.isEmpty { OpenAIResponses.write(usage, into: &writer) } else { writer.null() }
        writer.endObject()
    }
}
