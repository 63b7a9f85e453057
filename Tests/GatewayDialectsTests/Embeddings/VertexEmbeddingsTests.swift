// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Embeddings and counts on Vertex AI")
struct VertexEmbeddingsTests {
    private func translate(_ path: String, _ body: String, _ format: WireFormat) throws(GatewayError) -> Translation {
        var traits = UpstreamTraits()
        traits.isVertexAI = true
        traits.anthropicVersion = "vertex-2023-10-16"
        return try Dialects().translate(
            try Calls.envelope(path, ByteBuffer(string: body)),
            to: TranslationTarget(
                format: format,
                model: "the-model",
                limits: ModelLimits(),
                defaultMaximumOutput: 8192,
                traits: traits
            ),
            answer: Calls.identity
        )
    }

    private func body(_ path: String, _ body: String, _ format: WireFormat) throws -> String {
        String(buffer: try translate(path, body, format).joinedBody)
    }

    @Test("The settings of Gemini's embeddings stand in a member of their own, and the model in the path alone")
    func openAIToGemini() throws {
        let written = try body(
            "/openai/v1/embeddings",
            #"{"model":"m","input":["a"],"dimensions":3,"input_type":"query"}"#,
            .geminiBatchEmbedContents
        )
        #expect(
            written
                == #"{"requests":[{"content":{"role":"user","parts":[{"text":"a"}]},"embedContentConfig":{"taskType":"RETRIEVAL_QUERY","outputDimensionality":3}}]}"#
        )
    }

    @Test(
        "A Gemini client's settings are moved, whatever the content is",
        arguments: [
            (
                #"{"model":"models/m","content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]},"taskType":"CLUSTERING","outputDimensionality":5}"#,
                #"{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]},"embedContentConfig":{"taskType":"CLUSTERING","outputDimensionality":5}}"#
            ),
            (
                #"{"content": {"parts":[{"text":"a"}]}, "embedContentConfig":{"documentOcr":true}}"#,
                #"{"content": {"parts":[{"text":"a"}]}, "embedContentConfig":{"documentOcr":true}}"#
            ),
            (
                #"{"content":{"parts":[]},"title":"t","embedContentConfig":{"documentOcr":true}}"#,
                #"{"content":{"parts":[]},"embedContentConfig":{"documentOcr":true,"title":"t"}}"#
            ),
        ]
    )
    func geminiToGemini(_ given: String, _ expected: String) throws {
        #expect(try body("/gemini/v1beta/models/m:embedContent", given, .geminiEmbedContent) == expected)
        let batch = try body(
            "/gemini/v1beta/models/m:batchEmbedContents",
            #"{"requests":[\#(given)]}"#,
            .geminiBatchEmbedContents
        )
        #expect(batch == #"{"requests":[\#(expected)]}"#)
    }

    @Test("Models before Gemini's speak predict, which counts the tokens of each text")
    func predict() throws {
        let translation = try translate(
            "/openai/v1/embeddings",
            #"{"model":"m","input":["a","b"],"dimensions":3,"input_type":"passage","normalize":true}"#,
            .vertexPredictEmbeddings
        )
        #expect(
            String(buffer: translation.joinedBody)
                == #"{"instances":[{"content":"a","task_type":"RETRIEVAL_DOCUMENT"},{"content":"b","task_type":"RETRIEVAL_DOCUMENT"}],"parameters":{"outputDimensionality":3}}"#
        )
        #expect(translation.dropped == ["normalize"])
        let answer = #"""
            {"predictions":[{"embeddings":{"values":[0.25],"statistics":{"token_count":2,"truncated":false}}},
            {"embeddings":{"values":[1],"statistics":{"token_count":3.0}}}]}
            """#
        let outcome = translation.response.run(ByteBuffer(string: answer), .every(7))
        #expect(outcome.error == nil && outcome.observation.usage == TokenUsage(uncachedInput: 5))
        let written = try JSONValue(validating: ByteBuffer(string: outcome.output))
        #expect(written["data"]?.array?.compactMap { $0["embedding"]?.array?.first?.double } == [0.25, 1])
    }

    @Test(
        "An answer of predict that is none is the upstream's failure",
        arguments: ["{}", #"{"predictions":[]}"#, #"{"predictions":[{}]}"#, #"{"predictions":[{"embeddings":{}}]}"#]
    )
    func broken(_ answer: String) throws {
        let translation = try translate(
            "/openai/v1/embeddings",
            #"{"model":"m","input":"a"}"#,
            .vertexPredictEmbeddings
        )
        #expect(translation.response.run(ByteBuffer(string: answer)).error?.code == .upstreamUnavailable)
    }

    @Test("A count of Gemini's has the members of the request itself")
    func geminiCount() throws {
        let written = try body(
            "/anthropic/v1/messages/count_tokens",
            #"{"model":"m","system":"Be brief.","messages":[{"role":"user","content":"Hi"}]}"#,
            .geminiGenerateContent
        )
        let value = try JSONValue(validating: ByteBuffer(string: written))
        #expect(value["generateContentRequest"] == nil && value["model"] == nil)
        #expect(value["contents"] != nil && value["systemInstruction"] != nil)
    }

    @Test("A Gemini client's own count is taken out of its wrapping, and goes on unchanged without one")
    func geminiRelayedCount() throws {
        let path = "/gemini/v1beta/models/m:countTokens"
        let contents = #""contents":[{"parts":[{"text":"x"}]}]"#
        let wrapped = #"{"generateContentRequest":{"model":"models/m",\#(contents),"tools":[],"cachedContent":"c"}}"#
        #expect(try body(path, wrapped, .geminiGenerateContent) == "{\(contents),\"tools\":[]}")
        #expect(try body(path, "{ \(contents) }", .geminiGenerateContent) == "{ \(contents) }")
    }

    @Test("A count of Claude's has the cloud's version and the model")
    func claudeCount() throws {
        let path = "/anthropic/v1/messages/count_tokens"
        let written = try body(path, #"{"model":"m","messages":[],"new":1}"#, .anthropicMessages)
        #expect(written == #"{"anthropic_version":"vertex-2023-10-16","model":"the-model","messages":[],"new":1}"#)
        let translated = try JSONValue(
            validating: ByteBuffer(
                string: try body(
                    "/openai/v1/responses/input_tokens",
                    #"{"model":"m","input":"Hi"}"#,
                    .anthropicMessages
                )
            )
        )
        #expect(translated["anthropic_version"]?.string == "vertex-2023-10-16")
        #expect(translated["model"]?.string == "the-model" && translated["messages"]?.array?.count == 1)
        #expect(translated["max_tokens"] == nil)
    }
}
