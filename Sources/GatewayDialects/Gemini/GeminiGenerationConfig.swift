// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Reads the `generationConfig` of a client's request.
struct GeminiGenerationConfig {
    private enum Member {
        case temperature, topP, topK, maxOutputTokens, stopSequences, candidateCount, seed, presencePenalty
        case frequencyPenalty, responseMimeType, responseSchema, responseJSONSchema, responseFormat, thinkingConfig
        case responseLogprobs, logprobs, responseModalities
    }

    private static let members = KeyTable<Member>([
        "temperature": .temperature, "topP": .topP, "top_p": .topP, "topK": .topK, "top_k": .topK,
        "maxOutputTokens": .maxOutputTokens, "max_output_tokens": .maxOutputTokens, "stopSequences": .stopSequences,
        "stop_sequences": .stopSequences, "candidateCount": .candidateCount, "candidate_count": .candidateCount,
        "seed": .seed, "presencePenalty": .presencePenalty, "presence_penalty": .presencePenalty,
        "frequencyPenalty": .frequencyPenalty, "frequency_penalty": .frequencyPenalty,
        "responseMimeType": .responseMimeType, "response_mime_type": .responseMimeType,
        "responseSchema": .responseSchema, "response_schema": .responseSchema,
        "responseJsonSchema": .responseJSONSchema, "response_json_schema": .responseJSONSchema,
        "_responseJsonSchema": .responseJSONSchema, "responseFormat": .responseFormat,
        "response_format": .responseFormat, "thinkingConfig": .thinkingConfig, "thinking_config": .thinkingConfig,
        "responseLogprobs": .responseLogprobs, "response_logprobs": .responseLogprobs, "logprobs": .logprobs,
        "responseModalities": .responseModalities, "response_modalities": .responseModalities,
    ])

    /// What stands before the keys of members that the hub does not model, in ``ModelRequest/rest``.
    static let prefix: StaticString = "generationConfig."

    private static let maximumStopSequences = 1_024

    private var mimeType: JSONString?
    private var schema: JSONValue?

    static func decode(_ value: JSONValue, into request: inout ModelRequest) throws(GatewayError) {
        var config = GeminiGenerationConfig()
        for (key, value) in try value.requestObject("generationConfig") where !value.isNull {
            try config.read(key, value, into: &request)
        }
        try config.applyFormat(to: &request)
    }

    private mutating func read(
        _ key: JSONString,
        _ value: JSONValue,
        into request: inout ModelRequest
    ) throws(GatewayError) {
        let path = { "generationConfig.\(DroppedMembers.printable(key))" }
        switch Self.members[key] {
        case .temperature: request.sampling.temperature = try value.requestNumber(path())
        case .topP: request.sampling.topP = try value.requestNumber(path())
        case .topK: request.sampling.topK = try value.requestNumber(path())
        case .maxOutputTokens: request.maximumOutput = try value.requestCount(path())
        case .candidateCount: request.sampling.candidateCount = try value.requestCount(path())
        case .seed: request.sampling.seed = try value.requestNumber(path())
        case .presencePenalty: request.sampling.presencePenalty = try value.requestNumber(path())
        case .frequencyPenalty: request.sampling.frequencyPenalty = try value.requestNumber(path())
        case .responseLogprobs: request.sampling.logprobs = try value.requestFlag(path())
        case .logprobs:
            guard let count = value.int, count >= 0 else { throw .invalid(path(), "must be an integer from 0.") }
            request.sampling.topLogprobs = count
        case .stopSequences:
            for text in try value.requestArray(path()) {
                guard request.stop.count < Self.maximumStopSequences else {
                    throw .invalid(path(), "must contain at most \(Self.maximumStopSequences) texts.")
                }
                request.stop.append(try text.requestText(path()))
            }
        case .thinkingConfig: request.reasoning = try GeminiThinking.decode(value, path())
        case .responseMimeType: mimeType = try value.requestText(path())
        case .responseSchema: schema = try GeminiSchema.jsonSchema(value, path())
        case .responseJSONSchema: schema = value
        case .responseFormat: try readFormat(value, path(), into: &request)
        case .responseModalities:
            let isText = try value.requestArray(path()).allSatisfy { $0.string?.uppercased() == "TEXT" }
            if !isText { try keep(key, value, in: &request) }
        case nil: try keep(key, value, in: &request)
        }
    }

    /// The newer way to say the form of the answer: a list of formats, of which that of texts matters here.
    private mutating func readFormat(
        _ value: JSONValue,
        _ path: String,
        into request: inout ModelRequest
    ) throws(GatewayError) {
        for format in value.array.map(Array.init) ?? [value] {
            for (key, format) in try format.requestObject(path) where !format.isNull {
                guard key == "text" else {
                    try keep(JSONString("responseFormat.\(key.string.prefix(32))"), format, in: &request)
                    continue
                }
                mimeType = try format.member("mimeType", "mime_type")?.requestText(path + ".text.mimeType")
                schema = format.member("jsonSchema", "json_schema") ?? format["schema"]
            }
        }
    }

    private func keep(
        _ key: JSONString,
        _ value: JSONValue,
        in request: inout ModelRequest
    ) throws(GatewayError) {
        try request.keep(JSONString("\(Self.prefix)\(key.string)"), value)
    }

    /// A schema alone asks for JSON as well.
    private func applyFormat(to request: inout ModelRequest) throws(GatewayError) {
        let mimeType = mimeType?.string.lowercased() ?? (schema == nil ? "text/plain" : "application/json")
        switch mimeType {
        case "application/json", "application_json":
            guard let schema else {
                request.responseFormat = .jsonObject
                return
            }
            guard schema.object != nil else {
                throw .invalid("generationConfig.responseJsonSchema", "must be a JSON Schema object.")
            }
            request.responseFormat = .jsonSchema(ModelRequest.ResponseFormat.Schema(schema: schema))
        case GeminiChoice.mimeType:
            guard let schema else {
                throw .invalid("generationConfig.responseSchema", "must list the values of the response in 'enum'.")
            }
            request.responseFormat = .jsonSchema(GeminiChoice.schema(around: schema))
        case "text/plain", "text_plain", "": break
        default:
            throw .invalid(
                "generationConfig.responseMimeType",
                "must be 'text/plain', 'application/json' or 'text/x.enum' for this model."
            )
        }
    }
}
