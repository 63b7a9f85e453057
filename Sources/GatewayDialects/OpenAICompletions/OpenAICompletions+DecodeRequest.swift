// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension OpenAICompletions: ClientDialect {
    package var fieldNames: ClientFieldNames { ClientFieldNames(conversation: "prompt") }

    private enum Member {
        case model, prompt, stream, streamOptions, maxTokens, temperature, topP, topK, frequencyPenalty
        case presencePenalty, seed, candidateCount, stop, user, suffix, echo, bestOf, logprobs, errorBehavior
        case usesRawPrompt
    }

    private static let members = KeyTable<Member>([
        "model": .model, "prompt": .prompt, "stream": .stream, "stream_options": .streamOptions,
        "max_tokens": .maxTokens, "temperature": .temperature, "top_p": .topP, "top_k": .topK,
        "frequency_penalty": .frequencyPenalty, "presence_penalty": .presencePenalty, "seed": .seed,
        "n": .candidateCount, "stop": .stop, "user": .user, "suffix": .suffix, "echo": .echo, "best_of": .bestOf,
        "logprobs": .logprobs, "error_behavior": .errorBehavior, "use_raw_prompt": .usesRawPrompt,
    ])

    /// Reads a completion as a conversation of one turn, which is what all models but the oldest take.
    package func decodeRequest(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest {
        guard let prompt = try envelope.member("prompt") else {
            throw GatewayError(.invalidRequest, "The request body needs 'prompt'.", parameter: "prompt")
        }
        var request = ModelRequest(model: envelope.model)
        request.isStreaming = envelope.isStreaming
        let text = try Self.text(ofPrompt: prompt)
        request.messages = [Message(role: .user, parts: [.text(text)])]
        var bestOf: Int?
        var echoes = false
        for (key, value) in try envelope.scan.value.requestObject("The request body") where !value.isNull {
            switch Self.members[key] {
            case .model, .prompt, .stream: break
            case .streamOptions: request.includesUsage = value["include_usage"]?.bool == true
            case .maxTokens: request.maximumOutput = try value.requestCount("max_tokens")
            case .temperature: request.sampling.temperature = try value.requestNumber("temperature")
            case .topP: request.sampling.topP = try value.requestNumber("top_p")
            case .topK: request.sampling.topK = try value.requestNumber("top_k")
            case .frequencyPenalty: request.sampling.frequencyPenalty = try value.requestNumber("frequency_penalty")
            case .presencePenalty: request.sampling.presencePenalty = try value.requestNumber("presence_penalty")
            case .seed: request.sampling.seed = try value.requestNumber("seed")
            case .candidateCount: request.sampling.candidateCount = try value.requestCount("n")
            case .stop: request.stop = try Self.stop(value)
            case .user: request.user = try value.requestOptionalText("user")
            case .suffix:
                guard try value.requestText("suffix").isEmpty else {
                    throw .invalid("suffix", "is not supported for this model, which can only continue a prompt.")
                }
            case .echo: echoes = try value.requestFlag("echo") == true
            case .bestOf: bestOf = try value.requestCount("best_of")
            case .logprobs:
                guard let count = value.int, (0...20).contains(count) else {
                    throw .invalid("logprobs", "must be a number from 0 to 20.")
                }
                request.sampling.logprobs = true
                request.sampling.topLogprobs = count
            case .errorBehavior:
                if value.text.map({ $0 == "error" }) != true { dropped.note("error_behavior") }
            case .usesRawPrompt:
                if try value.requestFlag("use_raw_prompt") == true { dropped.note("use_raw_prompt") }
            case nil: dropped.note(rest: [(key, value)])
            }
        }
        if let bestOf, bestOf > request.sampling.candidateCount ?? 1 {
            throw .invalid("best_of", "must not be more than 'n' for this model.")
        }
        if echoes { try Self.checkEcho(of: text, candidates: request.sampling.candidateCount ?? 1, envelope) }
        return request
    }

    /// Refuses a prompt that the answer could not hold once for each candidate, before anybody is asked.
    private static func checkEcho(
        of prompt: JSONString,
        candidates: Int,
        _ envelope: RequestEnvelope
    ) throws(GatewayError) {
        let bound = TranslationBound.bytes(reading: envelope.scan.value.range.count)
        let (bytes, isBeyond) = prompt.writtenBytes.multipliedReportingOverflow(by: candidates)
        guard isBeyond || bytes > bound else { return }
        throw .invalid(
            "echo",
            "would repeat 'prompt' for each of 'n' choices, in more than \(bound) bytes: leave it out, or ask for fewer."
        )
    }

    /// The one text of a prompt.
    static func text(ofPrompt value: JSONValue) throws(GatewayError) -> JSONString {
        if let text = value.text { return text }
        guard let array = value.array, let first = array.first?.text, array.count == 1 else {
            throw .invalid("prompt", "must be one text for this model; send several in separate requests.")
        }
        return first
    }

    private static func stop(_ value: JSONValue) throws(GatewayError) -> [JSONString] {
        if let text = value.text { return [text] }
        var stop: [JSONString] = []
        for element in try value.requestArray("stop") { stop.append(try element.requestText("stop[\(stop.count)]")) }
        return stop
    }
}
