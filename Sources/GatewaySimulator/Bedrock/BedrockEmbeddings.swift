// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore
import NIOHTTP1

/// InvokeModel for models that embed texts, as the simulator serves it: Amazon's Titan and Cohere's.
///
/// Fields and bounds: "Amazon Titan Embeddings Text", "Cohere Embed v3" and "Cohere Embed v4" of the Bedrock user guide (2026-11). Of the kinds of vectors
/// there are only floats.
enum BedrockEmbeddings {
    /// A model, and what it takes.
    private struct Model: Sendable {
        let simulated: SimulatedModel
        /// The length of a vector where the request does not say it.
        let dimensions: Int
        /// The lengths that may be asked for.
        let allowedDimensions: [Int]
        let shape: ObjectShape

        init(
            _ name: String,
            _ family: BuiltInModel.Family,
            context: Int,
            _ dimensions: Int,
            _ allowedDimensions: [Int],
            _ shape: ObjectShape
        ) {
            simulated = SimulatedModel(
                BuiltInModel(
                    shortName: name,
                    family: family,
                    vendorName: nil,
                    wireFormats: family.wireFormats,
                    limits: ModelLimits(context: context),
                    capabilities: [.embeddings]
                )
            )
            self.dimensions = dimensions
            self.allowedDimensions = allowedDimensions
            self.shape = shape
        }
    }

    private static let titanText = ObjectShape.Member.required("inputText", .boundedText(1...50_000))
    private static let titan1 = ObjectShape([titanText])
    private static let titan2 = ObjectShape([
        titanText, .optional("dimensions", .integer(from: 1)), .optional("normalize", .boolean),
        .optional("embeddingTypes", .array(of: .oneOf(["float", "binary"]), count: 1...2)),
    ])

    private static func cohere(longest: Int, _ truncation: [StaticString]) -> ObjectShape {
        ObjectShape([
            .required("texts", .array(of: .boundedText(0...longest), count: 1...96)),
            .required("input_type", .oneOf(["search_document", "search_query", "classification", "clustering"])),
            .optional("truncate", .oneOf(truncation)),
            .optional(
                "embedding_types",
                .array(of: .oneOf(["float", "int8", "uint8", "binary", "ubinary"]), count: 1...5)
            ),
        ])
    }

    private static let cohere3 = cohere(longest: 2_048, ["NONE", "START", "END"])
    private static let cohere4 = cohere(longest: Int.max, ["NONE", "LEFT", "RIGHT"]).adding([
        .optional("output_dimension", .integer(from: 1)), .optional("max_tokens", .integer(1...128_000)),
    ])

    private static let models: [String: Model] = [
        "amazon.titan-embed-text-v1": Model("titan-embed-text-v1", .titan, context: 8_192, 1_536, [], titan1),
        "amazon.titan-embed-text-v2:0": Model(
            "titan-embed-text-v2",
            .titan,
            context: 8_192,
            1_024,
            [256, 512, 1_024],
            titan2
        ),
        "cohere.embed-english-v3": Model("embed-english-v3", .cohere, context: 512, 1_024, [], cohere3),
        "cohere.embed-multilingual-v3": Model("embed-multilingual-v3", .cohere, context: 512, 1_024, [], cohere3),
        "cohere.embed-v4:0": Model("embed-v4", .cohere, context: 128_000, 1_536, [256, 512, 1_024, 1_536], cohere4),
    ]

    /// The model of an id or ARN; the newest of Cohere's also by inference profiles.
    private static func model(_ name: String) throws(Refusal) -> Model {
        var id = name
        if name.hasPrefix("arn:"), let slash = name.lastIndex(of: "/") {
            id = String(name[name.index(after: slash)...])
        }
        if let dot = id.firstIndex(of: "."), id[dot...] == ".cohere.embed-v4:0" {
            id = String(id[id.index(after: dot)...])
        }
        guard let model = models[id] else { throw .invalid("The provided model identifier is invalid.") }
        return model
    }

    static func script(_ name: String, _ body: ByteBuffer, _ simulation: Simulation) throws(Refusal) -> Script {
        let model = try model(name)
        let root = try BedrockError.root(body)
        do throws(Violation) { try Shape.object(model.shape).check(root) } catch { throw BedrockError.refusal(error) }
        let isTitan = model.simulated.family == .titan
        let texts =
            isTitan ? [root["inputText"]].compactMap { $0?.string } : root["texts"].elements.compactMap(\.string)
        var prompt = try simulation.prompt(model.simulated, named: name)
        try prompt.read(markersIn: texts.map { JSONString($0) })
        if let refusal = prompt.instructions.refusal { throw refusal }
        var dimensions = model.dimensions
        if let asked = root["dimensions"]?.int ?? root["output_dimension"]?.int {
            guard model.allowedDimensions.contains(asked) else {
                throw .invalid(
                    "Malformed input request: \(asked) is not one of \(model.allowedDimensions), please reformat your input and try again."
                )
            }
            dimensions = asked
        }
        let words = texts.map { EmbeddingInput.text($0).words(nil) }
        try checkLength(words, model, root)
        let tokens = words.reduce(0) { $0 + $1.count }
        let vectors = words.map { EmbeddingVector(of: $0, dimensions: dimensions) }
        let counts = !prompt.instructions.withoutUsage
        var buffer = ByteBufferAllocator().buffer(capacity: vectors.count * dimensions * 12 + 256)
        if isTitan {
            let isUnit = root["normalize"]?.bool ?? true
            writeTitan(
                isUnit ? vectors : vectors.map { $0.scaled(by: 8) },
                tokens: counts ? tokens : nil,
                into: &buffer
            )
        } else {
            try writeCohere(vectors, texts, root["embedding_types"], simulation, into: &buffer)
        }
        var script = Script.whole(buffer, tokens: 1, prompt: prompt, vendor: .amazon, simulation)
        if counts, script.status == 200 {
            script.headers.add(name: "x-amzn-bedrock-input-token-count", value: String(tokens))
        }
        return script
    }

    /// Refuses texts that are too long, unless the request lets the model cut them.
    private static func checkLength(
        _ words: [[UInt64]],
        _ model: Model,
        _ root: JSONValue
    ) throws(Refusal) {
        let most = model.simulated.limits.context ?? .max
        guard let long = words.first(where: { $0.count > most }) else { return }
        if let truncate = root["truncate"]?.string, truncate != "NONE" { return }
        throw .invalid("Too many input tokens. Max input tokens: \(most), request input token count: \(long.count)")
    }

    private static func writeTitan(_ vectors: [EmbeddingVector], tokens: Int?, into buffer: inout ByteBuffer) {
        guard let vector = vectors.first else { return }
        buffer.writeJSON { writer in
            writer.object { writer in
                writer.key("embedding")
                vector.write(isBase64: false, into: &writer)
                writer.member(
                    "embeddingsByType",
                    object: { writer in
                        writer.key("float")
                        vector.write(isBase64: false, into: &writer)
                    }
                )
                if let tokens { writer.member("inputTextTokenCount", tokens) }
            }
        }
    }

    private static func writeCohere(
        _ vectors: [EmbeddingVector],
        _ texts: [String],
        _ kinds: JSONValue?,
        _ simulation: Simulation,
        into buffer: inout ByteBuffer
    ) throws(Refusal) {
        guard kinds.elements.allSatisfy({ $0.string == "float" }) else {
            throw .invalid("The simulator gives vectors of the kind 'float' alone.")
        }
        buffer.writeJSON { writer in
            writer.object { writer in
                writer.member("id", simulation.identity.hexID("", 32))
                writer.member("response_type", kinds == nil ? "embeddings_floats" : "embeddings_by_type")
                writer.key("embeddings")
                if kinds != nil {
                    writer.beginObject()
                    writer.key("float")
                }
                writer.array { writer in for vector in vectors { vector.write(isBase64: false, into: &writer) } }
                if kinds != nil { writer.endObject() }
                writer.member("texts", array: { writer in for text in texts { writer.string(text) } })
            }
        }
    }
}
