// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

extension OpenAIResponses {
    package func makeStreamEncoder(for answer: AnswerContext) -> any StreamEncoder { ResponsesStreamEncoder(answer) }

    /// Writes a complete answer: what the last event of its stream would hold.
    package func writeResponse(
        _ response: ModelResponse,
        for answer: AnswerContext,
        into writer: inout JSONWriter
    ) {
        var encoder = ResponsesStreamEncoder(answer, writesEvents: false)
        var output = ByteBuffer()
        encoder.encode(.start(id: response.id, model: response.model), into: &output)
        if let candidate = response.candidates.first {
            // The first text has them all: other formats do not tell which text they belong to.
            var logprobs = candidate.logprobs
            for part in candidate.parts {
                Self.encode(part, logprobs: part.text == nil ? nil : logprobs, with: &encoder)
                if part.text != nil { logprobs = nil }
            }
            if let reason = candidate.finishReason { encoder.encode(.finish(candidate: 0, reason), into: &output) }
        }
        encoder.encode(.usage(response.usage), into: &output)
        encoder.encode(.end, into: &output)
        let tier = response.serviceTier.flatMap(OpenAIChat.serviceTier)
        encoder.writeResponse(serviceTier: tier, into: &writer)
    }

    private static func encode(
        _ part: Message.Part,
        logprobs: JSONValue?,
        with encoder: inout ResponsesStreamEncoder
    ) {
        var output = ByteBuffer()
        func encode(_ event: ModelEvent) { encoder.encode(event, into: &output) }
        switch part.content {
        case .text(let text):
            encode(.partStart(candidate: 0, .text))
            encode(.text(candidate: 0, text))
            if let logprobs { encode(.logprobs(candidate: 0, logprobs)) }
            for citation in part.citations { encode(.citation(candidate: 0, citation)) }
        case .refusal(let text):
            encode(.partStart(candidate: 0, .refusal))
            encode(.text(candidate: 0, text))
        case .reasoning(let reasoning):
            encode(.partStart(candidate: 0, .reasoning(isSummary: reasoning.isSummary)))
            for (index, text) in reasoning.texts.enumerated() {
                if index > 0 { encode(.reasoningBreak(candidate: 0)) }
                encode(.reasoning(candidate: 0, text))
            }
        case .media(let media): encode(.partStart(candidate: 0, .media(media)))
        case .toolCall(let call):
            encode(.partStart(candidate: 0, .toolCall(call, state: part.state)))
            switch call.arguments {
            case .text(let text): encode(.toolArguments(candidate: 0, text))
            case .object(let object):
                encode(.toolArguments(candidate: 0, JSONString(String(buffer: object.bytes))))
            }
        case .toolResult: return
        }
        if let state = part.state, part.toolCall == nil { encode(.state(candidate: 0, state)) }
        encode(.partEnd(candidate: 0))
    }
}
