// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore

/// What becomes of one member of a client's request at one kind of upstream.
enum FieldFate: String {
    /// The same format: byte for byte.
    case passed
    /// It changes what the upstream is asked.
    case mapped
    /// Left out, and named in `x-gatehouse-dropped`.
    case dropped
    /// 400: leaving it out would not do.
    case refused
    /// The upstream is not asked; the gateway does it itself.
    case emulated
    /// Changes nothing and is not named: only for members that ask for nothing that the answer could show.
    case ignored
}

/// A member of a client's request, with a value that is not the default.
struct ClientField: Sendable {
    /// As the table shows it: `reasoning.effort`.
    let name: String
    /// The members of a minimal request that has it, without the model; nil: the minimal request and `member`.
    let body: String

    /// A member beside a minimal conversation.
    init(_ name: String, _ member: String, in frame: ClientFrame) {
        self.name = name
        body = frame.body(adding: member)
    }

    /// A piece of a user's message, beside a text.
    init(part name: String, _ part: String, in frame: ClientFrame) {
        self.name = name
        body = frame.body(part: part)
    }

    /// A whole body of its own.
    init(body name: String, _ body: String) {
        self.name = name
        self.body = body
    }
}

/// The minimal request of a client's API.
struct ClientFrame: Sendable {
    let title: String
    let path: String
    let format: WireFormat
    /// The request with `@` where a member may be added and `#` where a part may.
    let template: String

    func body(adding member: String) -> String {
        template.replacing("@", with: "," + member).replacing("#", with: "")
    }

    func body(part: String) -> String {
        template.replacing("@", with: "").replacing("#", with: "," + part)
    }

    var minimal: String { template.replacing("@", with: "").replacing("#", with: "") }

    static let chat = ClientFrame(
        title: "Chat completions (OpenAI and MLflow)",
        path: "/openai/v1/chat/completions",
        format: .openAIChat,
        template: #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Hello"}#]}]@}"#
    )
    static let responses = ClientFrame(
        title: "Responses",
        path: "/openai/v1/responses",
        format: .openAIResponses,
        template: #"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"Hello"}#]}]@}"#
    )
    static let messages = ClientFrame(
        title: "Messages",
        path: "/anthropic/v1/messages",
        format: .anthropicMessages,
        template:
            #"{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","text":"Hello"}#]}]@}"#
    )
    static let contents = ClientFrame(
        title: "generateContent",
        path: "/gemini/v1beta/models/m:generateContent",
        format: .geminiGenerateContent,
        template: #"{"contents":[{"role":"user","parts":[{"text":"Hello"}#]}]@}"#
    )

    static let all = [chat, responses, messages, contents]
}

/// An upstream of the table.
struct FieldTarget: Sendable {
    let title: String
    let format: WireFormat
    let model: String

    static let all: [FieldTarget] = [
        FieldTarget(title: "OpenAI chat", format: .openAIChat, model: "some-model"),
        FieldTarget(title: "OpenAI Responses", format: .openAIResponses, model: "gpt-5.4"),
        FieldTarget(title: "Anthropic", format: .anthropicMessages, model: "claude-sonnet-4-5"),
        FieldTarget(title: "Gemini", format: .geminiGenerateContent, model: "gemini-3-pro-preview"),
        FieldTarget(
            title: "Bedrock (Claude)",
            format: .bedrockConverse,
            model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
        ),
    ]

    /// What the gateway does itself where the upstream cannot: it cuts answers off, as `StopSequenceTests` shows, and offers no tools where none may be called.
    private static let done: Set<String> = [
        "stop", "stop_sequences", "stopSequences", "tool_choice none", "mode NONE",
    ]

    /// What becomes of the field.
    func fate(of field: ClientField, from frame: ClientFrame) throws -> FieldFate {
        if frame.format == format { return .passed }
        let plain = try Calls.translate(frame.path, frame.minimal, to: format, model: model)
        do throws(GatewayError) {
            let changed = try Calls.translate(frame.path, field.body, to: format, model: model)
            if !Set(changed.dropped).subtracting(plain.dropped).isEmpty { return .dropped }
            guard changed.text == plain.text else { return .mapped }
            return Self.done.contains(field.name) ? .emulated : .ignored
        } catch {
            guard error.status == 400 else { throw error }
            return .refused
        }
    }
}

extension Translation {
    fileprivate var text: String { body.map { String(buffer: $0) }.joined() }
}
