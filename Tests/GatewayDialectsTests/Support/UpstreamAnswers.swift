// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore

/// Answers of an upstream, written by its own dialect, for clients of another.
struct UpstreamAnswers {
    let dialect: any ClientDialect
    /// How it writes that an answer is too long.
    let tooLong: String

    static let all = [
        UpstreamAnswers(dialect: OpenAIChat(), tooLong: #""length""#),
        UpstreamAnswers(dialect: OpenAIResponses(), tooLong: #""max_output_tokens""#),
        UpstreamAnswers(dialect: AnthropicMessages(), tooLong: #""max_tokens""#),
        UpstreamAnswers(dialect: Gemini(), tooLong: #""MAX_TOKENS""#),
    ]

    /// What turns an answer into a client's; nil where the client speaks the same.
    func transform(for client: StepClient, isStreaming: Bool) throws -> (any ResponseTransform)? {
        let envelope = try client.envelope(isStreaming: isStreaming)
        guard envelope.apiType.wireFormat != dialect.format else { return nil }
        let target = TranslationTarget(
            format: dialect.format,
            model: "m",
            limits: ModelLimits(),
            defaultMaximumOutput: 100
        )
        return try Dialects().translate(envelope, to: target, answer: Calls.identity).response
    }

    /// An answer that was cut off behind this text; nil for one that says nothing.
    func text(_ text: JSONString?, isStreaming: Bool) -> String {
        let context = AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m", includesUsage: true)
        let usage = TokenUsage(uncachedInput: 3, output: 1)
        guard isStreaming else {
            let parts = text.map { [Message.Part.text($0)] } ?? []
            let candidate = ModelResponse.Candidate(parts: parts, finishReason: .length)
            let response = ModelResponse(id: "r", candidates: [candidate], usage: usage)
            return String(buffer: dialect.encodeResponse(response, for: context))
        }
        var events: [ModelEvent] = [.start(id: "r", model: "m")]
        if let text {
            events += [.partStart(candidate: 0, .text), .text(candidate: 0, text), .partEnd(candidate: 0)]
        }
        var encoder = dialect.makeStreamEncoder(for: context)
        var output = ByteBuffer()
        for event in events + [.finish(candidate: 0, .length), .usage(usage), .end] {
            encoder.encode(event, into: &output)
        }
        return String(buffer: output)
    }
}
