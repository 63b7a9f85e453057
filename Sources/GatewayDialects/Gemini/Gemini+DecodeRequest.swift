// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON

extension Gemini: ClientDialect {
    package var fieldNames: ClientFieldNames {
        ClientFieldNames(conversation: "contents", answerSchema: "generationConfig.responseSchema")
    }

    /// The members of a request that the hub models.
    private enum Member: Int {
        case model, contents, systemInstruction, tools, toolConfig, generationConfig, labels, serviceTier, store
        case cachedContent
    }

    private static let members = KeyTable<Member>([
        "model": .model, "contents": .contents, "systemInstruction": .systemInstruction,
        "system_instruction": .systemInstruction, "tools": .tools, "toolConfig": .toolConfig,
        "tool_config": .toolConfig, "generationConfig": .generationConfig, "generation_config": .generationConfig,
        "labels": .labels, "serviceTier": .serviceTier, "service_tier": .serviceTier, "store": .store,
        "cachedContent": .cachedContent, "cached_content": .cachedContent,
    ])

    package func decodeRequest(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest {
        var request = ModelRequest(model: envelope.model)
        request.isStreaming = envelope.isStreaming
        // The last element of every stream holds it.
        request.includesUsage = true
        var seen = SeenMembers<Member>()
        var system: JSONValue?
        var contents: JSONValue?
        var toolConfig: JSONValue?
        for (key, value) in try envelope.scan.value.requestObject("The request body") where !value.isNull {
            guard let member = Self.members[key] else {
                try request.keep(key, value)
                continue
            }
            try seen.note(member, key)
            switch member {
            case .model: break
            case .contents: contents = value
            case .systemInstruction: system = value
            case .tools: request.tools = try GeminiTools.decode(value, dropped: &dropped)
            case .toolConfig: toolConfig = value
            case .generationConfig: try GeminiGenerationConfig.decode(value, into: &request)
            case .labels:
                _ = try value.requestObject("labels")
                request.metadata = value
            case .serviceTier:
                let tier = try value.requestText("serviceTier")
                if tier != "unspecified" { request.serviceTier = tier }
            case .store: request.store = try value.requestFlag("store")
            case .cachedContent:
                throw .invalid(
                    "cachedContent",
                    "names a Google cache, which this model cannot read; send the contents themselves."
                )
            }
        }
        if let toolConfig { try GeminiTools.decodeChoice(toolConfig, into: &request, dropped: &dropped) }
        var reader = GeminiContents()
        if let system { try reader.readSystem(system) }
        guard let contents else { throw .invalid("contents", "is missing.") }
        try reader.read(contents)
        request.messages = reader.messages
        for name in reader.dropped.names { dropped.note(name) }
        return request
    }
}
