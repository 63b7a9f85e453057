// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import NIOHTTP1
import Testing

@Suite("Embeddings on Bedrock")
struct BedrockEmbeddingsTests {
    private static let path = "/openai/v1/embeddings"
    private static let titan = "amazon.titan-embed-text-v2:0"
    private static let cohere = "cohere.embed-v4:0"

    private func translate(
        _ body: String,
        _ model: String,
        path: String = path
    ) throws(GatewayError) -> Translation {
        try Calls.translate(
            path,
            body,
            to: model.contains("titan") ? .bedrockTitanEmbeddings : .bedrockCohereEmbeddings,
            model: model
        )
    }

    private func refusal(_ body: String, _ model: String) -> GatewayError? {
        do throws(GatewayError) {
            _ = try translate(body, model)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "One text for Titan: each version gets the members that it has",
        arguments: [
            (
                titan, #""dimensions":256,"normalize":false,"embeddingTypes":["float"]"#,
                #"{"inputText":"Grüße","dimensions":256,"normalize":false}"#
            ),
            ("amazon.titan-embed-text-v1", #""dimensions":1536"#, #"{"inputText":"Grüße"}"#),
            (
                "amazon.titan-embed-image-v1", #""dimensions":384"#,
                #"{"inputText":"Grüße","embeddingConfig":{"outputEmbeddingLength":384}}"#
            ),
            ("arn:aws:bedrock:x:1:provisioned-model/titan", #""user":"u""#, #"{"inputText":"Grüße"}"#),
        ]
    )
    func titanRequest(_ model: String, _ members: String, _ expected: String) throws {
        let translation = try translate(#"{"model":"m","input":["Grüße"],\#(members)}"#, model)
        #expect(String(buffer: translation.joinedBody) == expected)
        #expect(translation.dropped.isEmpty && translation.earlierBodies.isEmpty)
    }

    @Test("Several texts become as many requests to Titan, and their vectors and tokens one answer")
    func severalTexts() throws {
        let translation = try translate(#"{"model":"m","input":["a","b","c"],"instruction":"Say:"}"#, Self.titan)
        let bodies = (translation.earlierBodies + [translation.body]).map { $0.map { String(buffer: $0) }.joined() }
        #expect(bodies == ["a", "b", "c"].map { #"{"inputText":"Say: \#($0)"}"# })
        var response = translation.response
        var output = ByteBuffer()
        for (index, values) in ["[0.25]", "[-0.5]", "[1]"].enumerated() {
            try response.begin(UpstreamHead(status: 200, headers: [:]))
            for piece in Cut.every(5).pieces(
                of: ByteBuffer(string: #"{"embedding":\#(values),"inputTextTokenCount":\#(index + 2)}"#)
            ) { output.writeImmutableBuffer(try response.consume(piece)) }
        }
        output.writeImmutableBuffer(try response.finish())
        let answer = try JSONValue(validating: output)
        #expect(answer["data"]?.array?.compactMap { $0["embedding"]?.array?.first?.double } == [0.25, -0.5, 1])
        #expect(answer["data"]?.array?.compactMap { $0["index"]?.int } == [0, 1, 2])
        #expect(answer["usage"]?["prompt_tokens"]?.int == 9)
        #expect(response.observation.usage == TokenUsage(uncachedInput: 9) && response.observation.isComplete)
    }

    @Test("Where one part does not tell its tokens, nobody knows those of the whole")
    func unknownTokens() throws {
        var response = try translate(#"{"model":"m","input":["a","b"]}"#, Self.titan).response
        for answer in [#"{"embedding":[1],"inputTextTokenCount":2}"#, #"{"embedding":[1]}"#] {
            try response.begin(UpstreamHead(status: 200, headers: [:]))
            _ = try response.consume(ByteBuffer(string: answer))
        }
        _ = try response.finish()
        #expect(response.observation.usage.isEmpty && response.observation.isComplete)
    }

    @Test(
        "Cohere is told what the vectors are for",
        arguments: [
            ("", "search_document"), (#","input_type":"search_query""#, "search_query"),
            (#","input_type":"query""#, "search_query"), (#","input_type":"passage""#, "search_document"),
            (#","input_type":"clustering""#, "clustering"), (#","input_type":"new_word""#, "new_word"),
            (#","input_type":null"#, "search_document"),
        ]
    )
    func inputType(_ member: String, _ expected: String) throws {
        let translation = try translate(#"{"model":"m","input":"a"\#(member)}"#, Self.cohere)
        #expect(String(buffer: translation.joinedBody) == #"{"texts":["a"],"input_type":"\#(expected)"}"#)
        #expect(translation.dropped.isEmpty)
    }

    @Test(
        "Gemini's task types are Cohere's input types, where there is one",
        arguments: [
            ("RETRIEVAL_QUERY", "search_query", []), ("RETRIEVAL_DOCUMENT", "search_document", []),
            ("CLASSIFICATION", "classification", []), ("SEMANTIC_SIMILARITY", "search_document", ["taskType"]),
        ]
    )
    func taskType(_ task: String, _ expected: String, _ dropped: [String]) throws {
        let translation = try translate(
            #"{"requests":[{"content":{"parts":[{"text":"a"}]},"taskType":"\#(task)","outputDimensionality":512}]}"#,
            Self.cohere,
            path: "/gemini/v1beta/models/m:batchEmbedContents"
        )
        #expect(
            String(buffer: translation.joinedBody)
                == #"{"texts":["a"],"input_type":"\#(expected)","output_dimension":512}"#
        )
        #expect(translation.dropped == dropped)
    }

    @Test("Cohere takes 96 texts at a time; Bedrock's header counts the tokens")
    func cohereParts() throws {
        let texts = (0..<100).map { "\"t\($0)\"" }.joined(separator: ",")
        let translation = try translate(
            #"{"model":"m","input":[\#(texts)],"truncate":"END","encoding_format":"base64"}"#,
            "cohere.embed-english-v3"
        )
        let first = try JSONValue(validating: try #require(translation.earlierBodies.first?.first))
        let last = try JSONValue(validating: translation.joinedBody)
        #expect(translation.earlierBodies.count == 1)
        #expect(first["texts"]?.array?.count == 96 && last["texts"]?.array?.count == 4)
        #expect(first["truncate"]?.string == "END" && last["truncate"]?.string == "END")
        var response = translation.response
        for (count, form) in [(96, "@"), (4, #"{"float":@}"#)] {
            let vectors = "[" + Array(repeating: "[0.25]", count: count).joined(separator: ",") + "]"
            try response.begin(
                UpstreamHead(status: 200, headers: ["X-Amzn-Bedrock-Input-Token-Count": "\(count * 3)"])
            )
            _ = try response.consume(
                ByteBuffer(string: #"{"id":"i","embeddings":\#(form.replacing("@", with: vectors))}"#)
            )
        }
        let answer = try JSONValue(validating: try response.finish())
        #expect(answer["data"]?.array?.count == 100)
        #expect(answer["data"]?.array?.allSatisfy { $0["embedding"]?.string == "AACAPg==" } == true)
        #expect(response.observation.usage.uncachedInput == 300)
        #expect(answer["usage"]?["total_tokens"]?.int == 300)
    }

    @Test(
        "What a model cannot do is refused by the member's name",
        arguments: [
            (titan, #""input":[1,2]"#, "input", "not accept tokens"),
            (cohere, #""input":[[1,2]]"#, "input", "not accept tokens"),
            ("amazon.titan-embed-text-v1", #""input":"a","dimensions":256"#, "dimensions", "1536"),
            ("cohere.embed-multilingual-v3", #""input":"a","dimensions":256"#, "dimensions", "1024"),
            (titan, #""input":"a","normalize":"yes""#, "normalize", "true or false"),
            (titan, #""input":"a","embeddingTypes":["binary"]"#, "embeddingTypes", "['float']"),
            (cohere, #""input":"a","embedding_types":["int8"]"#, "embedding_types", "['float']"),
            (cohere, #""input":"a","truncate":7"#, "truncate", "a string"),
            (cohere, #""input":"a","input_type":7"#, "input_type", "a string"),
        ]
    )
    func refusals(_ model: String, _ members: String, _ parameter: String, _ words: String) {
        let error = refusal(#"{"model":"m",\#(members)}"#, model)
        #expect(error?.code == .invalidRequest && error?.parameter == parameter)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test("A call becomes 256 requests at most")
    func tooMany() throws {
        func body(_ count: Int) -> String {
            #"{"model":"m","input":[\#(Array(repeating: "\"a\"", count: count).joined(separator: ","))]}"#
        }
        #expect(try translate(body(256), Self.titan).earlierBodies.count == 255)
        let error = refusal(body(257), Self.titan)
        #expect(error?.parameter == "input" && error?.message.contains("at most 256") == true)
    }

    @Test("What has no place is named")
    func dropped() throws {
        let body = #"{"model":"m","input":"a","input_type":"query","truncate":"END","metadata":{},"normalize":null}"#
        #expect(try translate(body, Self.titan).dropped == ["input_type", "truncate"])
    }

    @Test(
        "An answer that is none is the upstream's failure",
        arguments: [
            (titan, "{}"), (titan, #"{"embedding":"x"}"#), (titan, #"{"embedding":["x"]}"#), (titan, "["),
            (cohere, "{}"), (cohere, #"{"embeddings":[7]}"#), (cohere, #"{"embeddings":[]}"#),
            (cohere, #"{"embeddings":[[1],[2]]}"#), (cohere, #"{"embeddings":{"int8":[[1]]}}"#),
        ]
    )
    func broken(_ model: String, _ answer: String) throws {
        let translation = try translate(#"{"model":"m","input":"a"}"#, model)
        #expect(translation.response.run(ByteBuffer(string: answer)).error?.code == .upstreamUnavailable)
    }

    @Test("A header that counts no tokens counts none", arguments: ["", "-1", "x", "99999999999999999999"])
    func brokenHeader(_ value: String) throws {
        var response = try translate(#"{"model":"m","input":"a"}"#, Self.cohere).response
        try response.begin(UpstreamHead(status: 200, headers: ["x-amzn-bedrock-input-token-count": value]))
        _ = try response.consume(ByteBuffer(string: #"{"embeddings":[[1]]}"#))
        _ = try response.finish()
        #expect(response.observation.usage.isEmpty)
    }
}
