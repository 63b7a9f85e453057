// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Embeddings between formats")
struct EmbeddingsTests {
    private static let openAI = "/openai/v1/embeddings"
    private static let gemini = "/gemini/v1beta/models/m:batchEmbedContents"

    @Test("A request of OpenAI's becomes one of Gemini's")
    func toGemini() throws {
        let translation = try Calls.translate(
            Self.openAI,
            #"{"model":"m","input":["a","b"],"dimensions":3,"encoding_format":"base64","user":"u"}"#,
            to: .geminiBatchEmbedContents,
            model: "g"
        )
        #expect(
            String(buffer: translation.joinedBody)
                == #"{"requests":[{"model":"models/g","content":{"parts":[{"text":"a"}]},"outputDimensionality":3},{"model":"models/g","content":{"parts":[{"text":"b"}]},"outputDimensionality":3}]}"#
        )
        let answer = ByteBuffer(string: #"{"embeddings":[{"values":[0.25,-0.5]},{"values":[1,0]}]}"#)
        let outcome = translation.response.run(answer, .every(3))
        let data = try JSONValue(validating: ByteBuffer(string: outcome.output))["data"]?.array.map(Array.init)
        // 0.25, -0.5 and 1, 0 as little-endian floats.
        #expect(data?.map { $0["embedding"]?.string } == ["AACAPgAAAL8=", "AACAPwAAAAA="])
        #expect(data?.map { $0["index"]?.int } == [0, 1])
    }

    @Test("A request of Gemini's becomes one of OpenAI's, and what it cannot say is named")
    func toOpenAI() throws {
        let translation = try Calls.translate(
            Self.gemini,
            #"{"requests":[{"content":{"parts":[{"text":"a"},{"text":"b"}]},"taskType":"RETRIEVAL_QUERY"}]}"#,
            to: .openAIEmbeddings,
            model: "e"
        )
        #expect(
            String(buffer: translation.joinedBody) == #"{"model":"e","input":["ab"],"encoding_format":"float"}"#
        )
        #expect(translation.dropped == ["taskType"])
        let answer = ByteBuffer(
            string: #"{"data":[{"embedding":"AACAPg==","index":0}],"usage":{"prompt_tokens":2,"total_tokens":2}}"#
        )
        let outcome = translation.response.run(answer)
        #expect(
            outcome.output
                == #"{"embeddings":[{"values":[0.25]}],"usageMetadata":{"promptTokenCount":2,"totalTokenCount":2}}"#
        )
        #expect(outcome.observation.usage.uncachedInput == 2)
    }

    @Test(
        "client-15: Each of Gemini's requests keeps its own settings, in either spelling",
        arguments: [
            (
                WireFormat.openAIEmbeddings, "e",
                [
                    #"{"model":"e","input":["a","b"],"dimensions":8,"encoding_format":"float"}"#,
                    #"{"model":"e","input":["c"],"dimensions":16,"encoding_format":"float"}"#,
                ]
            ),
            (
                .vertexPredictEmbeddings, "v",
                [
                    #"{"instances":[{"content":"a","task_type":"RETRIEVAL_QUERY"}],"parameters":{"outputDimensionality":8}}"#,
                    #"{"instances":[{"content":"b","task_type":"RETRIEVAL_DOCUMENT","title":"T"}],"parameters":{"outputDimensionality":8}}"#,
                    #"{"instances":[{"content":"c","task_type":"RETRIEVAL_DOCUMENT","title":"T"}],"parameters":{"outputDimensionality":16}}"#,
                ]
            ),
            (
                .bedrockCohereEmbeddings, "cohere.embed-v4:0",
                [
                    #"{"texts":["a"],"input_type":"search_query","output_dimension":8}"#,
                    #"{"texts":["b"],"input_type":"search_document","output_dimension":8}"#,
                    #"{"texts":["c"],"input_type":"search_document","output_dimension":16}"#,
                ]
            ),
        ]
    )
    func ownSettings(_ format: WireFormat, _ model: String, _ expected: [String]) throws {
        func content(_ text: String) -> String { #""content":{"parts":[{"text":"\#(text)"}]}"# }
        let translation = try Calls.translate(
            Self.gemini,
            #"""
            {"requests":[
             {\#(content("a")),"task_type":"RETRIEVAL_QUERY","output_dimensionality":8,"title":null},
             {\#(content("b")),"embedContentConfig":{"taskType":"RETRIEVAL_DOCUMENT","title":"T","outputDimensionality":8}},
             {\#(content("c")),"embed_content_config":{"task_type":"RETRIEVAL_DOCUMENT","title":"T"},"outputDimensionality":16}]}
            """#,
            to: format,
            model: model
        )
        let bodies = (translation.earlierBodies + [translation.body]).map { pieces in
            pieces.map { String(buffer: $0) }.joined()
        }
        #expect(bodies == expected)
        if format != .vertexPredictEmbeddings { #expect(translation.dropped.contains("title")) }
        #expect(translation.dropped.contains("taskType") == (format == .openAIEmbeddings))
    }

    @Test("client-15: Requests whose settings alternate have a bound of their own, and an error that says so")
    func tooManySettings() throws {
        let requests = (0..<300).map { #"{"content":{"parts":[{"text":"a"}]},"outputDimensionality":\#(8 + $0 % 2)}"# }
        let error = #expect(throws: GatewayError.self) {
            try Calls.translate(
                Self.gemini,
                #"{"requests":[\#(requests.joined(separator: ","))]}"#,
                to: .openAIEmbeddings
            )
        }
        #expect(error?.message.contains("settings that differ") == true)
    }

    @Test("Vectors come back in the order of the inputs")
    func order() throws {
        let translation = try Calls.translate(
            Self.openAI,
            #"{"model":"m","input":["a","b"],"instruction":"Say: "}"#,
            to: .openAIEmbeddings
        )
        #expect(String(buffer: translation.joinedBody).contains(#"["Say: a","Say: b"]"#))
        let answer = ByteBuffer(
            string: #"{"data":[{"embedding":"AACAPw==","index":1},{"embedding":"AACAPg==","index":0}]}"#
        )
        let outcome = translation.response.run(answer)
        let data = try JSONValue(validating: ByteBuffer(string: outcome.output))["data"]?.array.map(Array.init)
        #expect(data?.compactMap { $0["embedding"]?.array?.first?.double } == [0.25, 1])
    }

    @Test(
        "An answer that is none is the upstream's failure",
        arguments: [
            "", "[]", "{}", #"{"data":[]}"#, #"{"data":[{"embedding":7}]}"#, #"{"data":[{"embedding":"?"}]}"#,
            #"{"data":[{"embedding":"AAA="}]}"#, #"{"data":[{"embedding":"AADAfw=="}]}"#,
        ]
    )
    func broken(answer: String) throws {
        let body = #"{"model":"m","input":"a","encoding_format":"float"}"#
        let translation = try Calls.translate(Self.openAI, body, to: .openAIEmbeddings)
        #expect(translation.response.run(ByteBuffer(string: answer)).error?.code == .upstreamUnavailable)
    }
}
