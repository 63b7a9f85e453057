// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewaySimulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("The simulator as Amazon Bedrock")
struct BedrockTests {
    private static let claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    private static let bearer = [("authorization", "Bearer any")]
    private static let hello = #""messages":[{"role":"user","content":[{"text":"Hello"}]}]"#

    private func converse(
        _ body: String,
        model: String = claude,
        stream: Bool = false,
        headers: [(String, String)] = bearer
    ) -> SimulatedCall {
        let id = model.replacing(":", with: "%3A").replacing("/", with: "%2F")
        return SimulatedCall("/model/\(id)/converse\(stream ? "-stream" : "")", "{\(body)}", headers: headers)
    }

    /// The messages of a stream: their types and payloads.
    private func messages(_ call: SimulatedCall) throws -> [(type: String, payload: JSONValue)] {
        var rest = call.script.body
        var messages: [(String, JSONValue)] = []
        while let length = try EventStreamMessage.length(at: rest), let bytes = rest.readSlice(length: length) {
            let message = try EventStreamMessage(bytes)
            let type = message.text(":event-type") ?? message.text(":exception-type")
            messages.append(
                (String(decoding: try #require(type), as: UTF8.self), try JSONValue(validating: message.payload))
            )
        }
        #expect(rest.readableBytes == 0)
        return messages
    }

    @Test("An answer has Converse's shape")
    func whole() {
        let call = converse(Self.hello)
        #expect(call.status == 200)
        #expect(call.headers.first(name: "x-amzn-requestid") != nil)
        let text = call.json["output"]?["message"]?["content"]?.array?.first { _ in true }?["text"]?.string
        #expect(text?.contains("Hello") == true)
        #expect(call.json["stopReason"]?.string == "end_turn")
        #expect(call.json["usage"]?["totalTokens"]?.int ?? 0 > 0)
    }

    @Test("A stream is made of the messages of an event stream, and says the same")
    func stream() throws {
        let call = converse(Self.hello, stream: true)
        #expect(call.headers.first(name: "content-type") == "application/vnd.amazon.eventstream")
        let messages = try messages(call)
        #expect(messages.first?.type == "messageStart")
        #expect(messages.suffix(3).map(\.type) == ["contentBlockStop", "messageStop", "metadata"])
        let text = messages.compactMap { $0.payload["delta"]?["text"]?.string }.joined()
        #expect(
            text
                == converse(Self.hello).json["output"]?["message"]?["content"]?.array?.first { _ in true }?["text"]?
                .string
        )
        #expect(messages.allSatisfy { $0.payload["p"]?.string?.isEmpty == false })
    }

    @Test("An error inside a stream is an exception")
    func exception() throws {
        let call = converse(
            #""messages":[{"role":"user","content":[{"text":"Hello [[simulate: status=429 error_after=2]]"}]}]"#,
            stream: true
        )
        #expect(try messages(call).last?.type == "throttlingException")
    }

    @Test("Thoughts come back unchanged or are refused")
    func signatures() throws {
        let thinking =
            #""inferenceConfig":{"maxTokens":4096},"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":1024}}"#
        let first = converse("\(Self.hello),\(thinking)")
        let content = try #require(first.json["output"]?["message"]?["content"]?.array)
        let thought = try #require(content.first { $0["reasoningContent"] != nil })
        let written = String(buffer: thought.bytes)
        func next(_ block: String) -> SimulatedCall {
            converse(
                """
                "messages":[{"role":"user","content":[{"text":"Hello"}]},{"role":"assistant","content":[\(block),\
                {"text":"Hi."}]},{"role":"user","content":[{"text":"Again"}]}],\(thinking)
                """
            )
        }
        #expect(next(written).status == 200)
        let altered = next(written.replacing(#""text":"T"#, with: #""text":"t"#))
        #expect(altered.status == 400)
        #expect(altered.text.contains("Invalid `signature`"))
    }

    @Test(
        "What the vendor refuses is refused",
        arguments: [
            (#""messages":[{"role":"assistant","content":[{"text":"Hi"}]}]"#, "must start with a user message"),
            (
                #""messages":[{"role":"user","content":[{"text":"a"}]},{"role":"user","content":[{"text":"b"}]}]"#,
                "must alternate"
            ),
            (#""messages":[{"role":"user","content":[{"text":" "}]}]"#, "is blank"),
            (
                #""messages":[{"role":"user","content":[{"text":"a","image":{"format":"png","source":{"bytes":"AAAA"}}}]}]"#,
                "union"
            ),
            (hello + #","stream":true"#, "extraneous key"),
            (hello + #","additionalModelRequestFields":{"anthropic_beta":["x"]}"#, "invalid beta flag"),
            (hello + #","additionalModelRequestFields":{"reasoning_effort":"low"}"#, "extraneous key"),
            (hello + #","inferenceConfig":{"temperature":1.5}"#, "at most 1"),
            (hello + #","toolConfig":{"tools":[]}"#, "length of at least 1"),
            (
                """
                "messages":[{"role":"user","content":[{"text":"a"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"1",\
                "name":"t","input":{}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[]}}]}]
                """,
                "The toolConfig field must be defined"
            ),
            (
                """
                "messages":[{"role":"user","content":[{"text":"a"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"1",\
                "name":"t","input":{}}},{"toolUse":{"toolUseId":"2","name":"t","input":{}}}]},{"role":"user","content":[{"toolResult":\
                {"toolUseId":"1","content":[]}}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"t","inputSchema":{"json":{"type":"object"}}}}]}
                """,
                "for the following Ids: 2"
            ),
            (
                """
                "messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[]}}]}],\
                "toolConfig":{"tools":[{"toolSpec":{"name":"t","inputSchema":{"json":{"type":"object"}}}}]}
                """,
                "exceeds the number of toolUse blocks"
            ),
        ] as [(String, String)]
    )
    func refusals(_ body: String, _ words: String) {
        let call = converse(body)
        #expect(call.status == 400)
        #expect(call.headers.first(name: "x-amzn-errortype") == "ValidationException")
        #expect(call.json["message"]?.string?.contains(words) == true, "\(call.text)")
    }

    @Test("Ids, inference profiles and ARNs name the models that Bedrock has")
    func models() {
        let ids = [
            "anthropic.claude-sonnet-4-5-20250929-v1:0", "global.anthropic.claude-opus-4-6-v1",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "openai.gpt-oss-120b-1:0",
        ]
        for id in ids { #expect(converse(Self.hello, model: id).status == 200, "\(id)") }
        for id in ["claude-sonnet-4-5", "openai.gpt-5", "nobody.claude-sonnet-4-5", "anthropic.claude-9"] {
            #expect(converse(Self.hello, model: id).status == 400, "\(id)")
        }
    }

    @Test("A caller signs or has a key")
    func credentials() {
        let signature = String(repeating: "0a", count: 32)
        func signed(_ date: String, _ scope: String, _ names: String) -> Int {
            converse(
                Self.hello,
                headers: [
                    ("x-amz-date", date),
                    (
                        "authorization",
                        "AWS4-HMAC-SHA256 Credential=AKID/\(scope), SignedHeaders=\(names), Signature=\(signature)"
                    ),
                ]
            ).status
        }
        #expect(signed("20261121T090000Z", "20261121/us-east-1/bedrock/aws4_request", "host;x-amz-date") == 200)
        #expect(signed("20261122T090000Z", "20261121/us-east-1/bedrock/aws4_request", "host;x-amz-date") == 403)
        #expect(signed("20261121T090000Z", "20261121/us-east-1/s3/aws4_request", "host;x-amz-date") == 403)
        #expect(signed("20261121T090000Z", "20261121/us-east-1/bedrock/aws4_request", "host") == 403)
        #expect(converse(Self.hello, headers: []).status == 403)
    }
}
