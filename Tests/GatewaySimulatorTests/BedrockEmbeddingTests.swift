// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("The simulator as Bedrock's embedding models and counter")
struct BedrockEmbeddingTests {
    private static let bearer = [("authorization", "Bearer any")]
    private static let titan = "amazon.titan-embed-text-v2:0"
    private static let cohere = "cohere.embed-v4:0"
    private static let purpose = #""input_type":"search_query""#

    private func invoke(_ model: String, _ body: String, _ operation: String = "invoke") -> SimulatedCall {
        let id = model.replacing(":", with: "%3A").replacing("/", with: "%2F")
        return SimulatedCall("/model/\(id)/\(operation)", "{\(body)}", headers: Self.bearer)
    }

    private func length(_ vector: JSONValue?) -> Double {
        (vector?.array?.compactMap(\.double) ?? []).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    @Test(
        "Titan gives one vector and the number of tokens",
        arguments: [
            ("amazon.titan-embed-text-v1", "", 1_536), (titan, "", 1_024), (titan, #","dimensions":256"#, 256),
            ("arn:aws:bedrock:us-east-1::foundation-model/\(titan)", #","dimensions":512"#, 512),
        ]
    )
    func titanAnswers(_ model: String, _ more: String, _ dimensions: Int) {
        let call = invoke(model, #""inputText":"What is Databricks?"\#(more)"#)
        #expect(call.status == 200)
        #expect(call.json["embedding"]?.array?.count == dimensions)
        #expect(abs(length(call.json["embedding"]) - 1) < 1e-4)
        #expect(call.json["inputTextTokenCount"]?.int == 4)
        #expect(call.headers.first(name: "x-amzn-bedrock-input-token-count") == "4")
        #expect(call.json["embeddingsByType"]?["float"] == call.json["embedding"])
    }

    @Test("A vector that shall not be normalized has another length")
    func normalize() {
        let call = invoke(Self.titan, #""inputText":"x","normalize":false"#)
        #expect(length(call.json["embedding"]) > 2)
    }

    @Test("Cohere gives a vector for each text, and the number of tokens in a header")
    func cohereAnswers() {
        let call = invoke(
            "us.cohere.embed-v4:0",
            #""texts":["one","two words"],\#(Self.purpose),"output_dimension":256"#
        )
        #expect(call.json["embeddings"]?.array?.map { $0.array?.count } == [256, 256])
        #expect(call.json["response_type"]?.string == "embeddings_floats")
        #expect(call.json["texts"]?.array?.compactMap(\.string) == ["one", "two words"])
        #expect(call.headers.first(name: "x-amzn-bedrock-input-token-count") == "3")
        let typed = invoke(Self.cohere, #""texts":["one"],\#(Self.purpose),"embedding_types":["float"]"#)
        #expect(typed.json["embeddings"]?["float"]?.array?.first?.array?.count == 1_536)
        #expect(typed.json["response_type"]?.string == "embeddings_by_type")
    }

    @Test(
        "What the models do not take is refused",
        arguments: [
            ("amazon.titan-embed-text-v1", #""inputText":"x","dimensions":256"#, "dimensions"),
            (titan, #""inputText":"x","dimensions":300"#, "[256, 512, 1024]"),
            (titan, #""inputText":"""#, "length of at least 1"), (titan, #""inputText":["x"]"#, "inputText"),
            (titan, #""inputText":"x","user":"u""#, "extraneous"), (titan, "", "required"),
            (cohere, #""texts":["x"]"#, "input_type"), (cohere, #""texts":[],\#(purpose)"#, "at least 1"),
            (cohere, #""texts":["x"],"input_type":"passage""#, "passage"),
            (cohere, #""texts":["x"],\#(purpose),"truncate":"END""#, "END"),
            ("cohere.embed-english-v3", #""texts":["x"],\#(purpose),"output_dimension":256"#, "output_dimension"),
            (
                "cohere.embed-english-v3",
                #""texts":["\#(String(repeating: "x", count: 2_049))"],\#(purpose)"#, "2048"
            ),
            (cohere, #""texts":[\#(Array(repeating: "\"x\"", count: 97).joined(separator: ","))],\#(purpose)"#, "96"),
            ("us.amazon.titan-embed-text-v2:0", #""inputText":"x""#, "model identifier"),
            ("amazon.titan-embed-text-v9", #""inputText":"x""#, "model identifier"),
        ]
    )
    func refusals(_ model: String, _ body: String, _ words: String) {
        let call = invoke(model, body)
        #expect(call.status == 400)
        #expect(call.headers.first(name: "x-amzn-errortype") == "ValidationException")
        #expect(call.json["message"]?.string?.contains(words) == true, "\(call.text)")
    }

    @Test("Instructions are followed")
    func instructions() {
        #expect(invoke(Self.titan, #""inputText":"x [[simulate: status=429]]""#).status == 429)
        let silent = invoke(Self.cohere, #""texts":["x [[simulate: no_usage]]"],\#(Self.purpose)"#)
        #expect(silent.status == 200 && silent.headers.first(name: "x-amzn-bedrock-input-token-count") == nil)
    }

    @Test("CountTokens counts what Converse reports")
    func counts() {
        let messages =
            #""messages":[{"role":"user","content":[{"text":"How many tokens?"}]}],"system":[{"text":"Hi."}]"#
        let model = "anthropic.claude-sonnet-4-5-20250929-v1:0"
        let count = invoke(model, #""input":{"converse":{\#(messages)}}"#, "count-tokens")
        #expect(
            count.json["inputTokens"]?.int == invoke(model, messages, "converse").json[path: "usage.inputTokens"]?.int
        )
        let thinking = #""additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":2048}}"#
        #expect(invoke(model, #""input":{"converse":{\#(messages),\#(thinking)}}"#, "count-tokens").status == 200)
    }

    @Test(
        "CountTokens refuses profiles, other models and what is no request",
        arguments: [
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", #""input":{"converse":{"messages":[]}}"#, "counting"),
            ("openai.gpt-oss-120b-1:0", #""input":{"converse":{"messages":[]}}"#, "counting"),
            ("anthropic.claude-sonnet-4-5-20250929-v1:0", #""messages":[]"#, "input"),
            (
                "anthropic.claude-sonnet-4-5-20250929-v1:0",
                #""input":{"converse":{"messages":[],"inferenceConfig":{}}}"#, "extraneous"
            ),
        ]
    )
    func countRefusals(_ model: String, _ body: String, _ words: String) {
        let call = invoke(model, body, "count-tokens")
        #expect(call.status == 400 && call.json["message"]?.string?.contains(words) == true, "\(call.text)")
    }
}
