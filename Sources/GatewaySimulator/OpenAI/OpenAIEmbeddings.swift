// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// OpenAI embeddings as the simulator serves them.
///
/// Rules and shapes: PyPI `openai` 3.52.0 (2026-11). Beside them it takes `instruction`, which Databricks has for these models.
enum OpenAIEmbeddings {
    private static let shape = ObjectShape([
        .required(
            "input",
            .either([.text, .array(of: .either([.text, .integer(from: 0), .array(of: .integer(from: 0))]))])
        ),
        .required("model", .text),
        .optional("dimensions", .integer(1...4_096)),
        .optional("encoding_format", .oneOf(["float", "base64"])),
        .optional("user", .text),
        .optional("instruction", .nullable(.text)),
    ])

    /// Most inputs of one request.
    private static let maximumInputs = 2_048

    static func script(_ body: ByteBuffer, _ simulation: Simulation) throws(Refusal) -> Script {
        let root = try OpenAIRequest.root(body)
        let (model, name) = try OpenAIRequest.model(root, .openAIEmbeddings, simulation)
        do throws(Violation) { try Shape.object(shape).check(root) } catch { throw OpenAIError.refusal(error) }
        let inputs = try inputs(root["input"])
        var prompt = try simulation.prompt(model, named: name)
        try prompt.read(markersIn: inputs.compactMap { if case .text(let text) = $0 { JSONString(text) } else { nil } })
        if let refusal = prompt.instructions.refusal { throw refusal }
        let instruction = root["instruction"]?.string
        let dimensions = root["dimensions"]?.int ?? 1_024
        let isBase64 = root["encoding_format"].isText("base64")
        var buffer = ByteBufferAllocator().buffer(capacity: inputs.count * dimensions * 6 + 256)
        var tokens = 0
        var tooLong: Refusal?
        buffer.writeJSON { writer in
            writer.object { writer in
                writer.member("object", "list")
                writer.member(
                    "data",
                    array: { writer in
                        for (index, input) in inputs.enumerated() {
                            let words = input.words(instruction)
                            tokens += words.count
                            if let most = model.limits.context, words.count > most {
                                tooLong = tooLong ?? self.tooLong(words.count, most)
                            }
                            writer.object { writer in
                                writer.member("object", "embedding")
                                writer.member("index", index)
                                writer.key("embedding")
                                EmbeddingVector(of: words, dimensions: dimensions).write(
                                    isBase64: isBase64,
                                    into: &writer
                                )
                            }
                        }
                    }
                )
                writer.member("model", prompt.modelName)
                writer.member(
                    "usage",
                    object: { writer in
                        writer.member("prompt_tokens", tokens)
                        writer.member("total_tokens", tokens)
                    }
                )
            }
        }
        if let tooLong { throw tooLong }
        return .whole(buffer, tokens: 1, prompt: prompt, vendor: .openAI, simulation)
    }

    private static func tooLong(_ count: Int, _ most: Int) -> Refusal {
        .invalid(
            "This model's maximum context length is \(most) tokens, however you requested \(count) tokens.",
            code: "context_length_exceeded"
        )
    }

    /// One text, several, one list of tokens, or several.
    private static func inputs(_ value: JSONValue?) throws(Refusal) -> [EmbeddingInput] {
        let empty = Refusal.invalid(
            "Invalid 'input': input cannot be an empty string or an empty array.",
            parameter: "input"
        )
        guard let value else { return [] }
        if let text = value.string {
            guard !text.isEmpty else { throw empty }
            return [.text(text)]
        }
        guard let array = value.array, let first = array.first else { throw empty }
        if first.kind == .number {
            var tokens: [Int] = []
            for item in array {
                guard let token = item.int else { throw mixed }
                tokens.append(token)
            }
            return [.tokens(tokens)]
        }
        var inputs: [EmbeddingInput] = []
        for item in array {
            guard item.kind == first.kind else { throw mixed }
            if let text = item.string {
                guard !text.isEmpty else { throw empty }
                inputs.append(.text(text))
            } else {
                let tokens = item.array?.compactMap(\.int) ?? []
                guard !tokens.isEmpty else { throw empty }
                inputs.append(.tokens(tokens))
            }
            guard inputs.count <= maximumInputs else {
                throw .invalid(
                    "Invalid 'input': array too long. Expected an array with maximum length \(maximumInputs).",
                    parameter: "input",
                    code: "array_above_max_length"
                )
            }
        }
        return inputs
    }

    private static let mixed = Refusal.invalid(
        "Invalid 'input': all of its elements must be of one kind.",
        parameter: "input",
        code: "invalid_type"
    )
}
