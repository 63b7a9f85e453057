// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The vendors' model lists: each lists the models that speak its API.
enum ModelList {
    static func script(_ vendor: Vendor, _ simulation: Simulation) -> Script {
        let models = simulation.catalog.models.filter { speaks($0, vendor) }
        var buffer = ByteBuffer()
        buffer.writeJSON { writer in
            writer.object { writer in
                if vendor == .openAI { writer.member("object", "list") }
                writer.key(vendor == .gemini ? "models" : "data")
                writer.array { writer in
                    for model in models { write(model, vendor, simulation, into: &writer) }
                }
                if vendor == .anthropic {
                    writer.member("has_more", false)
                    writer.member("first_id", optional: models.first?.name)
                    writer.member("last_id", optional: models.last?.name)
                }
            }
        }
        return .plain(buffer, vendor: vendor, simulation.identity)
    }

    static func script(of name: String, _ vendor: Vendor, _ simulation: Simulation) throws(Refusal) -> Script {
        guard let model = simulation.catalog.model(named: name), speaks(model, vendor) else {
            switch vendor {
            case .openAI:
                throw Refusal(
                    404,
                    "The model '\(name.prefix(128))' does not exist",
                    parameter: "model",
                    code: "model_not_found"
                )
            case .anthropic: throw Refusal(404, "model: \(name.prefix(128))")
            case .gemini: throw Refusal(404, "Model is not found: models/\(name.prefix(128))")
            // Bedrock's list has a separate endpoint, which the simulator lacks.
            case .amazon: throw Refusal(404, "Unable to determine service/operation name to be authorized")
            }
        }
        var buffer = ByteBuffer()
        buffer.writeJSON { write(model, vendor, simulation, into: &$0) }
        return .plain(buffer, vendor: vendor, simulation.identity)
    }

    private static func speaks(_ model: SimulatedModel, _ vendor: Vendor) -> Bool {
        model.wireFormats.contains { format in
            switch format {
            case .openAIChat, .openAICompletions, .openAIResponses, .openAIEmbeddings: vendor == .openAI
            case .anthropicMessages: vendor == .anthropic
            case .geminiGenerateContent, .geminiEmbedContent, .geminiBatchEmbedContents: vendor == .gemini
            default: false
            }
        }
    }

    private static func write(
        _ model: SimulatedModel,
        _ vendor: Vendor,
        _ simulation: Simulation,
        into writer: inout JSONWriter
    ) {
        writer.object { writer in
            switch vendor {
            case .openAI:
                writer.member("id", model.name)
                writer.member("object", "model")
                writer.member("created", simulation.time)
                writer.member("owned_by", "gatehouse-simulator")
            case .anthropic:
                writer.member("id", model.name)
                writer.member("type", "model")
                writer.member("display_name", model.name)
                writer.member("created_at", "2026-11-02T09:00:00Z")
                writer.member("lifecycle", "active")
                if let context = model.limits.context { writer.member("max_input_tokens", context) }
                if let output = model.limits.maximumOutput { writer.member("max_tokens", output) }
            case .amazon: break
            case .gemini:
                writer.member("name", "models/\(model.name)")
                writer.member("version", "001")
                writer.member("displayName", model.name)
                writer.member("inputTokenLimit", model.limits.context ?? 0)
                writer.member("outputTokenLimit", model.limits.maximumOutput ?? 0)
                writer.member(
                    "supportedGenerationMethods",
                    array: { writer in
                        for method: StaticString in ["generateContent", "countTokens"] { writer.string(method) }
                    }
                )
            }
        }
    }
}
