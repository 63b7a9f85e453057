// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The fields of a generateContent request (PyPI `google-genai` 3.4.0, `types.py` and `models.py`, Gemini Developer API, 2026-11).
///
/// As in the JSON form of protocol buffers, every name may also be written in snake case, and whole numbers may be strings.
extension Gemini {
    static let shape = object([
        .required("contents", contents),
        .optional("model", .text),
        .optional("systemInstruction", .object(content)),
        .optional("generationConfig", .object(generationConfig)),
        .optional("tools", .array(of: .object(tool))),
        .optional("toolConfig", .object(toolConfig)),
        .optional(
            "safetySettings",
            .array(
                of: .object(
                    object([.required("category", .text), .required("threshold", .text), .optional("method", .text)])
                )
            )
        ),
        .optional("cachedContent", .text),
        .optional("serviceTier", .text),
        .optional("store", .boolean),
        .optional("labels", .map(of: .text)),
    ])

    static let countShape = object([
        .optional("contents", contents),
        .optional("model", .text),
        .optional(
            "generateContentRequest",
            .object(object([.required("model", .text)] + shape.members.filter { $0.name.description != "model" }))
        ),
    ])

    private static func object(_ members: [ObjectShape.Member]) -> ObjectShape {
        ObjectShape(members, hasSnakeCase: true)
    }

    private static let open = Shape.map(of: .anything)

    private static let contents = Shape.array(of: .object(content), count: 1...Int.max)

    private static let content = object([
        .optional("role", .text),
        .required("parts", .array(of: .object(part), count: 1...Int.max)),
    ])

    private static let blob: [ObjectShape.Member] = [
        .required("data", .text), .required("mimeType", .text), .optional("displayName", .text),
    ]

    private static let file: [ObjectShape.Member] = [
        .required("fileUri", .text), .optional("mimeType", .text), .optional("displayName", .text),
    ]

    private static let part = object([
        .optional("text", .text),
        .optional("inlineData", .object(object(blob))),
        .optional("fileData", .object(object(file))),
        .optional(
            "functionCall",
            .object(object([.optional("id", .text), .required("name", .text), .optional("args", .nullable(open))]))
        ),
        .optional("functionResponse", .object(functionResponse)),
        .optional("thought", .boolean),
        .optional("thoughtSignature", .text),
        .optional("executableCode", open),
        .optional("codeExecutionResult", open),
        .optional("videoMetadata", open),
        .optional("mediaResolution", open),
        .optional("toolCall", open),
        .optional("toolResponse", open),
        .optional("partMetadata", open),
        .optional("mediaProcessing", .anything),
        .optional("documentMetadata", open),
        .optional("audioMetadata", open),
    ])

    private static let functionResponse = object([
        .optional("id", .text),
        .required("name", .text),
        .required("response", open),
        .optional("willContinue", .boolean),
        .optional("scheduling", .text),
        .optional(
            "parts",
            .array(
                of: .object(
                    object([
                        .optional("inlineData", .object(object(blob))), .optional("fileData", .object(object(file))),
                    ])
                )
            )
        ),
    ])

    private static let generationConfig = object([
        .optional("temperature", .number(0...2)),
        .optional("topP", .number(0...1)),
        .optional("topK", .number(0...1_000)),
        .optional("candidateCount", .integer(1...8)),
        .optional("maxOutputTokens", .either([.integer(from: 1), .text])),
        .optional("stopSequences", .array(of: .boundedText(1...1_024), count: 0...5)),
        .optional("responseLogprobs", .boolean),
        .optional("logprobs", .integer(0...20)),
        .optional("presencePenalty", .number(-2...2)),
        .optional("frequencyPenalty", .number(-2...2)),
        .optional("seed", .integer(Int(Int32.min)...Int(Int32.max))),
        .optional("responseMimeType", .oneOf(["text/plain", "application/json", "text/x.enum"])),
        .optional("responseSchema", .object(schema)),
        .optional("responseJsonSchema", .anything),
        .optional("responseFormat", .anything),
        .optional("responseModalities", .array(of: .oneOf(["TEXT", "IMAGE", "AUDIO", "MODALITY_UNSPECIFIED"]))),
        .optional("mediaResolution", .text),
        .optional("speechConfig", open),
        .optional(
            "thinkingConfig",
            .object(
                object([
                    .optional("includeThoughts", .boolean),
                    .optional("thinkingBudget", .integer(-1...65_536)),
                    .optional(
                        "thinkingLevel",
                        .oneOf([
                            "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH", "THINKING_LEVEL_UNSPECIFIED", "minimal", "low",
                            "medium", "high",
                            "xhigh",
                        ])
                    ),
                ])
            )
        ),
        .optional("imageConfig", open),
        .optional("enableEnhancedCivicAnswers", .boolean),
        .optional("audioTranscriptionConfig", open),
    ])

    private static let tool = object([
        .optional("functionDeclarations", .array(of: .object(declaration))),
        .optional("googleSearch", open),
        .optional("googleSearchRetrieval", open),
        .optional("googleMaps", open),
        .optional("codeExecution", open),
        .optional("urlContext", open),
        .optional("fileSearch", open),
        .optional("computerUse", open),
        .optional("mcpServers", .array(of: open)),
    ])

    private static let functionName = NameRule(
        limit: 128,
        allowsDots: true,
        startsWithLetter: true,
        pattern: "^[a-zA-Z_][a-zA-Z0-9_.:-]*$"
    )

    private static let declaration = object([
        .required("name", .name(functionName)),
        .optional("description", .text),
        .optional("parameters", .object(schema)),
        .optional("parametersJsonSchema", .anything),
        .optional("response", .object(schema)),
        .optional("responseJsonSchema", .anything),
        .optional("behavior", .text),
    ])

    private static let toolConfig = object([
        .optional(
            "functionCallingConfig",
            .object(
                object([
                    .optional(
                        "mode",
                        .either([
                            .oneOf([
                                "AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED", "auto", "any", "none",
                                "validated",
                            ]),
                            .integer(0...4),
                        ])
                    ),
                    .optional("allowedFunctionNames", .array(of: .text)),
                ])
            )
        ),
        .optional("retrievalConfig", open),
        .optional("includeServerSideToolInvocations", .boolean),
    ])
}
