// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Fields of Databricks' serving endpoints")
struct ServingFieldsTests {
    private static let invocation = "/serving-endpoints/system.ai.m/invocations"

    private func envelope(_ path: String, _ body: String) throws -> RequestEnvelope {
        let route = try #require(Dialects().route(path))
        return try Dialects().envelope(of: route, body: ByteBuffer(string: body))
    }

    private func body(_ envelope: RequestEnvelope) -> String { String(buffer: envelope.scan.value.bytes) }

    @Test(
        "client-10: The gateway keeps what is for it, and the model gets parameters of the types that its fields have"
    )
    func fields() throws {
        let envelope = try envelope(
            Self.invocation,
            #"""
            {"client_request_id":"c-1","messages":[{"role":"user","content":"x"}],"usage_context":{"project":"a"},"max_tokens":5,"extra_params":{"top_p":"0.5","stop":"[\"a\",\"b\"]","n":"2","user":"42","max_tokens":"9","logit_bias":"{\"1\":2}","top_k":7,"reasoning_effort":"low","parallel_tool_calls":"false","seed":"x"},"databricks_options":{"return_trace":true}}
            """#
        )
        #expect(
            body(envelope)
                == #"{"messages":[{"role":"user","content":"x"}],"max_tokens":5,"top_p":0.5,"stop":["a","b"],"n":2,"user":"42","logit_bias":{"1":2},"top_k":7,"reasoning_effort":"low","parallel_tool_calls":false,"seed":"x"}"#
        )
        #expect(envelope.apiType == .mlflowChat && envelope.model == "system.ai.m")
        #expect(envelope.notes?.clientRequestID == "c-1")
        #expect(envelope.notes?.tags?.json == #"{"project":"a"}"#)
        #expect(envelope.notes?.ignored == ["databricks_options"])
    }

    @Test(
        "client-10: They are taken out wherever they stand, and a body of nothing else stays an object",
        arguments: [
            (#"{"input":"x","client_request_id":"c"}"#, #"{"input":"x"}"#),
            (#"{"usage_context":{},"input":"x"}"#, #"{"input":"x"}"#),
            (#"{"extra_params":{"dimensions":"8"},"input":["x"]}"#, #"{"input":["x"],"dimensions":8}"#),
            (#"{"extra_params":{},"input":"x","usage_context":null}"#, #"{"input":"x"}"#),
            (#"{"input":"x","extra_params":null,"databricks_options":{}}"#, #"{"input":"x"}"#),
            (#"{"extra_params":{"encoding_format":"float"},"input":"x"}"#, #"{"input":"x","encoding_format":"float"}"#),
        ]
    )
    func positions(sent: String, expected: String) throws {
        for path in [Self.invocation, "/mlflow/v1/embeddings"] {
            let sent =
                path == Self.invocation ? sent : sent.replacing("{\"", with: "{\"model\":\"m\",\"", maxReplacements: 1)
            let expected =
                path == Self.invocation
                ? expected : expected.replacing("{\"", with: "{\"model\":\"m\",\"", maxReplacements: 1)
            #expect(body(try envelope(path, sent)) == expected)
        }
    }

    @Test("client-10: OpenAI's own paths and bodies without such fields are not looked at")
    func others() throws {
        let sent = #"{"model":"m","messages":[],"usage_context":{"a":"b"}}"#
        let openAI = try envelope("/openai/v1/chat/completions", sent)
        #expect(body(openAI) == sent && openAI.notes == nil)
        let plain = try envelope(Self.invocation, #"{ "messages" : [] }"#)
        #expect(body(plain) == #"{ "messages" : [] }"# && plain.notes == nil)
    }

    @Test(
        "client-10: What they should not be is refused by name",
        arguments: [
            (#""extra_params":"x""#, "extra_params"), (#""extra_params":{"a":"1","a":"2"}"#, "extra_params"),
            (#""client_request_id":7"#, "client_request_id"), (#""usage_context":[]"#, "usage_context"),
            (#""usage_context":{"a":1}"#, "usage_context"),
        ]
    )
    func refusals(member: String, parameter: String) throws {
        let route = try #require(Dialects().route(Self.invocation))
        do throws(GatewayError) {
            _ = try Dialects().envelope(of: route, body: ByteBuffer(string: #"{"messages":[],\#(member)}"#))
            Issue.record("taken")
        } catch {
            #expect(error.code == .invalidRequest)
            #expect(error.parameter == parameter)
        }
    }

    @Test("client-10: A parameter cannot bring in what the body may not name, nor a second model")
    func references() throws {
        let envelope = try envelope(
            Self.invocation,
            #"{"messages":[],"extra_params":{"model":"other","tools":"[{\"type\":\"mcp\",\"server_url\":\"https://x\"}]"}}"#
        )
        #expect(envelope.model == "system.ai.m")
        #expect(envelope.scan.value["tools"]?.array?.count == 1)
    }
}
