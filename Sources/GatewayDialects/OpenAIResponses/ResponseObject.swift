// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The `response` object of an answer: what is the same in every copy of it that a stream sends.
///
/// It has the fields of the SDK's type that a translated answer can have (PyPI `openai` 3.52.0, `types/responses/response.py`, 2026-11), and those that the Open
/// Responses specification (2026-04-24) demands, with a value where that allows no null.
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
    private let identity: AnswerIdentity
    private let requestedTier: JSONString?
    private let echo: [(key: StaticString, value: JSONValue?, otherwise: StaticString)]

    /// An answer that the vendor gave this id and model, where it gave any.
    init(id: JSONString?, model: JSONString?, _ answer: AnswerContext) {
        self.id = Self.id(id, answer)
        self.model = model.flatMap { $0.isEmpty ? nil : $0 } ?? JSONString(answer.model)
        var echo = RequestEcho.fields.map { field in
            let value = (try? answer.request?.unique(field.key)).flatMap { $0.isNull ? nil : field.completed($0) }
            return (key: field.key, value: value?.onOneLine, otherwise: field.otherwise)
        }
        if let previous = answer.previousResponseID,
            let index = echo.firstIndex(where: { $0.key.description == "previous_response_id" })
        {
            echo[index].value = JSONValue { $0.string(previous) }
        }
        self.echo = echo
        requestedTier = (try? answer.request?.unique("service_tier"))?.text
        identity = answer.identity
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
        writer.member("created_at", identity.created)
        writer.member("status", status.name)
        writer.member("background", false)
        writer.key("completed_at")
        if case .completed = status { writer.int(identity.now) } else { writer.null() }
        writer.key("conversation")
        writer.null()
        writer.key("error")
        if case .failed(let error) = status {
            writer.beginObject()
            writer.member("code", OpenAIResponses.failureCode(of: error))
            writer.member("message", OpenAIResponses.failureMessage(of: error))
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
        if let serviceTier {
            writer.string(serviceTier)
        } else if case .inProgress = status, let requestedTier {
            writer.string(requestedTier)
        } else {
            writer.string("default" as StaticString)
        }
        writer.key("usage")
        if let usage, !usage.isEmpty { OpenAIResponses.write(usage, into: &writer) } else { writer.null() }
        writer.endObject()
    }
}
