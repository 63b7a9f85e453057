// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension ModelCapabilities {
    /// `capabilities` of a destination.
    static let section: Section<ModelCapabilities> = {
        let reasoning = ReasoningFields()
        let conversation = ConversationFields()
        let bounds = BoundFields()
        return Section(
            "model_services.<name>.destinations[].capabilities",
            "What the model can do, where its name does not tell or tells wrong. What is left out is as the model named by `like` has it, else as the gateway knows it by `model`.",
            fields: reasoning.documentation + conversation.documentation + bounds.documentation
        ) { values, reading in
            var capabilities = ModelCapabilities()
            reasoning.read(values, into: &capabilities, &reading)
            conversation.read(values, into: &capabilities, &reading)
            bounds.read(values, into: &capabilities, &reading)
            return capabilities
        }
    }()
}

/// What is said of reasoning and sampling.
private struct ReasoningFields: Sendable {
    let reasoning = Field(
        "reasoning",
        ValueType<ModelCapabilities.Reasoning>.choice(),
        "How the amount of reasoning is asked for: not at all, as a number of tokens, as an effort, or left to the model (Anthropic's `adaptive`)."
    )
    let efforts = Field(
        "reasoning_efforts",
        ValueType<[Located<ReasoningConfiguration.Effort>]>.list(
            of: ValueType<ReasoningConfiguration.Effort>.choice(),
            count: 0...ReasoningConfiguration.Effort.allCases.count
        ),
        "The efforts that are taken. One that is not among them becomes the nearest."
    )
    let leastBudget = Field(
        "min_reasoning_tokens",
        .integer(1...10_000_000),
        "The smallest budget of reasoning, where a model of Gemini takes one."
    )
    let mostBudget = Field(
        "max_reasoning_tokens",
        .integer(1...10_000_000),
        "The largest."
    )
    let silence = Field(
        "reasoning_off",
        ValueType<ModelCapabilities.Silence>.choice(),
        "How the model is told not to reason: by the API's own word, by Anthropic's `between_tools`, or not at all."
    )
    let reasonsUnasked = Field(
        "reasons_unasked",
        .boolean,
        "Whether a model of Anthropic reasons unless it is told not to."
    )
    let hidesReasoning = Field(
        "hides_reasoning",
        .boolean,
        "Whether a model of Anthropic leaves its reasoning out of responses unless it is asked for."
    )
    let signatures = Field(
        "demands_signatures",
        .boolean,
        "Whether a model of Gemini refuses a turn whose first tool call has no signature."
    )
    let sampling = Field(
        "sampling",
        ValueType<ModelCapabilities.Sampling>.choice(),
        "Whether Claude and OpenAI's models take `temperature`, `top_p` and `top_k`; `exclusive` is not `temperature` and `top_p` in one request, `without_reasoning` only with the effort `none`."
    )

    var documentation: [FieldDocumentation] {
        [
            reasoning.documentation, efforts.documentation, leastBudget.documentation, mostBudget.documentation,
            silence.documentation, reasonsUnasked.documentation, hidesReasoning.documentation,
            signatures.documentation, sampling.documentation,
        ]
    }

    func read(_ values: SectionValues, into capabilities: inout ModelCapabilities, _ reading: inout Reading) {
        capabilities.reasoning = values.read(reasoning, &reading)
        capabilities.efforts = values.read(efforts, &reading).map { EffortSet($0.map(\.value)) }
        capabilities.silence = values.read(silence, &reading)
        capabilities.reasonsUnasked = values.read(reasonsUnasked, &reading)
        capabilities.hidesReasoning = values.read(hidesReasoning, &reading)
        capabilities.demandsSignatures = values.read(signatures, &reading)
        capabilities.sampling = values.read(sampling, &reading)
        let least = values.read(leastBudget, &reading)
        let most = values.read(mostBudget, &reading)
        guard least != nil || most != nil else { return }
        let (lower, upper) = (least ?? 1, most ?? 10_000_000)
        guard lower <= upper else {
            let place = values.place(of: leastBudget)
            return reading.report(place, "\(place.name) must not be more than `max_reasoning_tokens`, \(upper).")
        }
        capabilities.reasoningBudget = lower...upper
    }
}

/// What is said of messages, tools, schemas and caching.
private struct ConversationFields: Sendable {
    let prefill = Field(
        "prefill",
        .boolean,
        "Whether a conversation may end with the beginning of Claude's answer."
    )
    let forcedCalls = Field("forced_tool_choice", .boolean, "Whether Claude can be forced to call a tool.")
    let mediaInResults = Field(
        "media_in_tool_results",
        .boolean,
        "Whether results of tools may hold media for Gemini; they are placed after the result otherwise."
    )
    let resultStatus = Field(
        "tool_result_status",
        .boolean,
        "Whether results of tools may say on Bedrock that they failed."
    )
    let responseSchema = Field(
        "response_schema",
        .boolean,
        "Whether Claude's or Bedrock's own control makes a response follow a JSON Schema; a tool emulates it otherwise. The trait `structured_output` wins."
    )
    let schemaBesideTools = Field(
        "response_schema_beside_tools",
        .boolean,
        "Whether Gemini takes tools and a response schema in one request."
    )
    let schemaLanguage = Field(
        "schema_language",
        ValueType<ModelCapabilities.SchemaLanguage>.choice(),
        "What schemas for Gemini are written in: JSON Schema, or the older subset of OpenAPI's."
    )
    let cacheMarks = Field(
        "cache_marks",
        ValueType<[Located<ModelCapabilities.CacheMarks>]>.list(
            of: .choice([("messages", .messages), ("tools", .tools), ("hour", .hour)]),
            count: 0...3
        ),
        "Where Bedrock takes `cachePoint`: in messages and system text, after tools; `hour` is a lifetime of an hour."
    )
    let nativeFields = Field(
        "bedrock_fields",
        ValueType<ModelCapabilities.NativeFields>.choice(),
        "Whose fields `additionalModelRequestFields` of Bedrock holds, which is where reasoning is asked for."
    )

    var documentation: [FieldDocumentation] {
        [
            prefill.documentation, forcedCalls.documentation, mediaInResults.documentation,
            resultStatus.documentation, responseSchema.documentation, schemaBesideTools.documentation,
            schemaLanguage.documentation, cacheMarks.documentation, nativeFields.documentation,
        ]
    }

    func read(_ values: SectionValues, into capabilities: inout ModelCapabilities, _ reading: inout Reading) {
        capabilities.takesPrefill = values.read(prefill, &reading)
        capabilities.takesForcedCalls = values.read(forcedCalls, &reading)
        capabilities.takesMediaInResults = values.read(mediaInResults, &reading)
        capabilities.takesResultStatus = values.read(resultStatus, &reading)
        capabilities.takesResponseSchema = values.read(responseSchema, &reading)
        capabilities.takesResponseSchemaBesideTools = values.read(schemaBesideTools, &reading)
        capabilities.schemaLanguage = values.read(schemaLanguage, &reading)
        capabilities.cacheMarks = values.read(cacheMarks, &reading).map { marks in
            marks.reduce(into: []) { $0.formUnion($1.value) }
        }
        capabilities.nativeFields = values.read(nativeFields, &reading)
    }
}

/// What is said of bounds, media and vectors.
private struct BoundFields: Sendable {
    let context = Field("context_tokens", .integer(1...1_000_000_000), "Tokens of input and output together.")
    let maximumOutput = Field(
        "max_output_tokens",
        .integer(1...1_000_000_000),
        "Tokens of output; lists of models show it, and it caps what the gateway asks for by itself."
    )
    let mediaURLs = Field(
        "media_urls",
        .boolean,
        "Whether Gemini fetches media by public URLs; such a request is refused otherwise."
    )
    let imageResolution = Field(
        "image_resolution",
        .boolean,
        "Whether each image may have a resolution of its own for Gemini."
    )
    let images = Field("max_images", .integer(0...100_000), "Images in one request.")
    let imageBytes = Field("max_image_bytes", .size(1...(1 << 30)), "Bytes of one image, decoded.")
    let mediaBytes = Field(
        "max_media_bytes",
        .size(1...(1 << 40)),
        "Bytes of all media in one request, as they stand in the body."
    )
    let imageTypes = Field(
        "image_types",
        ValueType<[Located<String>]>.list(of: .text("a MIME type"), count: 1...100),
        .optional("any"),
        "MIME types of images, such as `image/png`."
    )
    let embeddingLength = Field(
        "embedding_length",
        .integer(1...1_000_000),
        "The one length of the vectors of a model on Bedrock; a request may choose it otherwise."
    )
    let embedsImages = Field(
        "embeds_images",
        .boolean,
        "Whether a Titan model on Bedrock is the one that embeds images too."
    )

    var documentation: [FieldDocumentation] {
        [
            context.documentation, maximumOutput.documentation, mediaURLs.documentation,
            imageResolution.documentation, images.documentation, imageBytes.documentation, mediaBytes.documentation,
            imageTypes.documentation, embeddingLength.documentation, embedsImages.documentation,
        ]
    }

    func read(_ values: SectionValues, into capabilities: inout ModelCapabilities, _ reading: inout Reading) {
        capabilities.limits.context = values.read(context, &reading)
        capabilities.limits.maximumOutput = values.read(maximumOutput, &reading)
        capabilities.fetchesURLs = values.read(mediaURLs, &reading)
        capabilities.takesImageResolution = values.read(imageResolution, &reading)
        capabilities.mediaLimits.maximumImages = values.read(images, &reading)
        capabilities.mediaLimits.maximumImageBytes = values.read(imageBytes, &reading)
        capabilities.mediaLimits.maximumTotalBytes = values.read(mediaBytes, &reading)
        capabilities.mediaLimits.imageTypes = values.read(imageTypes, &reading)?.map(\.value) ?? []
        capabilities.embeddingLength = values.read(embeddingLength, &reading)
        capabilities.embedsImages = values.read(embedsImages, &reading)
    }
}
