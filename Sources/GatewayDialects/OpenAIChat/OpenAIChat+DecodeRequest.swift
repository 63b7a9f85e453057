// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension OpenAIChat: ClientDialect {
    /// The members of a request that the hub models.
    private enum Member: Int {
        case model, messages, stream, streamOptions, tools, toolChoice, parallelToolCalls, temperature, topP, topK
        case frequencyPenalty, presencePenalty, seed, candidateCount, stop, maxTokens, maxCompletionTokens, user
        case functions, functionCall
    }

    private static let members = KeyTable<Member>([
        "model": .model, "messages": .messages, "stream": .stream, "stream_options": .streamOptions,
        "tools": .tools, "tool_choice": .toolChoice, "parallel_tool_calls": .parallelToolCalls,
        "temperature": .temperature, "top_p": .topP, "top_k": .topK, "frequency_penalty": .frequencyPenalty,
        "presence_penalty": .presencePenalty, "seed": .seed, "n": .candidateCount, "stop": .stop,
        "max_tokens": .maxTokens, "max_completion_tokens": .maxCompletionTokens, "user": .user,
        "functions": .functions, "function_call": .functionCall,
    ])

    /// Many times what any client sends; without a bound a body of tiny members would take a multiple of its size.
    private static let maximumUnknownMembers = 256

    package func decodeRequest(
        _ envelope: RequestEnvelope,
        model: String,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest {
        var request = ModelRequest(model: model)
        request.isStreaming = envelope.isStreaming
        var seen: UInt32 = 0
        var toolChoice: JSONValue?
        var maximumTokens: Int?
        for (key, value) in try envelope.scan.value.requestObject("The request body") {
            guard let member = Self.members[key] else {
                guard !value.isNull else { continue }
                guard request.rest.count < Self.maximumUnknownMembers else {
                    throw GatewayError(.invalidRequest, "The request body has too many members that are not known.")
                }
                request.rest.append((key, value))
                continue
            }
            let bit: UInt32 = 1 << UInt32(member.rawValue)
            guard seen & bit == 0 else {
                throw .invalid(key.string, "stands in the request body more than once.")
            }
            seen |= bit
            switch member {
            case .model, .stream: break
            case .messages: request.messages = try ChatMessages.decode(value, dropped: &dropped)
            case .streamOptions: request.includesUsage = value["include_usage"]?.bool == true
            case .tools: request.tools = value.isNull ? [] : try ChatTools.decode(value)
            case .toolChoice: toolChoice = value.isNull ? nil : value
            case .parallelToolCalls:
                request.allowsParallelToolCalls = try value.requestFlag("parallel_tool_calls")
            case .temperature: request.sampling.temperature = try value.requestNumber("temperature")
            case .topP: request.sampling.topP = try value.requestNumber("top_p")
            case .topK: request.sampling.topK = try value.requestNumber("top_k")
            case .frequencyPenalty: request.sampling.frequencyPenalty = try value.requestNumber("frequency_penalty")
            case .presencePenalty: request.sampling.presencePenalty = try value.requestNumber("presence_penalty")
            case .seed: request.sampling.seed = try value.requestNumber("seed")
            case .candidateCount: request.sampling.candidateCount = try value.requestCount("n")
            case .stop: request.stop = try Self.decodeStop(value)
            case .maxTokens: maximumTokens = try value.requestCount("max_tokens")
            case .maxCompletionTokens: request.maximumOutput = try value.requestCount("max_completion_tokens")
            case .user: request.user = try value.requestOptionalText("user")
            case .functions, .functionCall:
                guard value.isNull else {
                    throw .invalid(key.string, "is not supported for this model; use 'tools' and 'tool_choice'.")
                }
            }
        }
        guard seen & 1 << UInt32(Member.messages.rawValue) != 0 else {
            throw GatewayError(.invalidRequest, "The request body needs 'messages'.", parameter: "messages")
        }
        // The older name of the same limit.
        request.maximumOutput = request.maximumOutput ?? maximumTokens
        if let toolChoice { try ChatTools.decodeChoice(toolChoice, into: &request) }
        return request
    }

    private static func decodeStop(_ value: JSONValue) throws(GatewayError) -> [JSONString] {
        if value.isNull { return [] }
        if let text = value.text { return [text] }
        guard let array = value.array else { throw .invalid("stop", "must be a string or an array of strings.") }
        var stop: [JSONString] = []
        for element in array { stop.append(try element.requestText("stop[\(stop.count)]")) }
        return stop
    }
}
