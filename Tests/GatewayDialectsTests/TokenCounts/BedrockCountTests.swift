// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Counts of tokens on Bedrock")
struct BedrockCountTests {
    private static let model = "anthropic.claude-sonnet-4-5-20250929-v1:0"

    @Test(
        "A count has the members of Converse that the model reads, and no others",
        arguments: [
            (
                "/anthropic/v1/messages/count_tokens",
                #"{"model":"m","system":"Be brief.","messages":[{"role":"user","content":"Hi"}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}"#
            ),
            (
                "/openai/v1/responses/input_tokens",
                #"{"model":"m","instructions":"Be brief.","input":"Hi","tools":[{"type":"function","name":"f","parameters":{"type":"object"}}]}"#
            ),
            (
                "/gemini/v1beta/models/m:countTokens",
                #"{"generateContentRequest":{"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"parts":[{"text":"Hi"}]}],"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"type":"object"}}]}],"generationConfig":{"maxOutputTokens":9}}}"#
            ),
        ]
    )
    func request(_ path: String, _ body: String) throws {
        let translation = try Calls.translate(path, body, to: .bedrockConverse, model: Self.model)
        let written = try JSONValue(validating: translation.joinedBody)
        let converse = written["input"]?["converse"]
        let keys = converse?.object.map { $0.map(\.key.string).sorted() }
        #expect(keys == ["messages", "system", "toolConfig"])
        #expect(converse?["messages"]?.array?.first?["content"]?.array?.first?["text"]?.string == "Hi")
        #expect(written.object.map(Array.init)?.count == 1)
        let outcome = translation.response.run(ByteBuffer(string: #"{"inputTokens":38}"#))
        let answer = try JSONValue(validating: ByteBuffer(string: outcome.output))
        #expect((answer["input_tokens"] ?? answer["totalTokens"])?.int == 38)
    }

    @Test("An answer that is no count is the upstream's failure", arguments: ["", "{}", #"{"inputTokens":"x"}"#])
    func broken(_ answer: String) throws {
        let translation = try Calls.translate(
            "/anthropic/v1/messages/count_tokens",
            #"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#,
            to: .bedrockConverse,
            model: Self.model
        )
        #expect(translation.response.run(ByteBuffer(string: answer)).error?.code == .upstreamUnavailable)
    }
}
