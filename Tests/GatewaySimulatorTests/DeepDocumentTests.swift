// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayJSON
import GatewaySimulator
import NIOCore
import Testing

@Suite("The deepest documents")
struct DeepDocumentTests {
    private static func nested(_ open: String, _ inner: String, _ close: String, _ levels: Int) -> String {
        String(repeating: open, count: levels) + inner + String(repeating: close, count: levels)
    }

    private static let values = [
        nested(#"{"a":"#, "1", "}", 118), nested("[", "1", "]", 118),
        nested(#"{"type":"object","properties":{"p":"#, #"{"type":"string"}"#, "}}", 58),
        nested(#"{"type":"array","items":"#, ##"{"$ref":"#/items"}"##, "}", 118),
        nested(#"{"type":"object","anyOf":["#, #"{"type":"string"}"#, "]}", 58),
        nested(#"{"type":"object","allOf":["#, ##"{"$ref":"#"}"##, "]}", 58),
        nested(
            #"{"type":"object","additionalProperties":false,"required":["p"],"properties":{"p":"#,
            #"{"type":"string"}"#,
            "}}",
            58
        ),
    ]

    /// 512 KiB is the least stack that an event loop's thread has anywhere.
    private func onSmallStack<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: body()) }
            thread.stackSize = 512 << 10
            thread.start()
        }
    }

    @Test("The deepest requests are answered or refused on a small stack, by every API", arguments: values)
    func requests(_ value: String) async {
        let statuses = await onSmallStack {
            [
                SimulatedCall.chat(
                    Sample.user,
                    more:
                        #""tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":\#(value)}}],"tool_choice":"required","#
                ),
                SimulatedCall.chat(
                    Sample.user,
                    more:
                        #""response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":\#(value)}},"#
                ),
                SimulatedCall.responses(
                    #""x""#,
                    more: #""tools":[{"type":"function","name":"f","strict":false,"parameters":\#(value)}],"#
                ),
                SimulatedCall.messages(
                    #"{"role":"user","content":"x"}"#,
                    more:
                        #""max_tokens":1024,"tools":[{"name":"f","input_schema":\#(value)}],"tool_choice":{"type":"any"},"#
                ),
                SimulatedCall.messages(#"{"role":"user","content":\#(value)}"#),
                SimulatedCall.gemini(
                    #"{"role":"user","parts":[{"text":"x"}]}"#,
                    more: #""tools":[{"functionDeclarations":[{"name":"f","parameters":\#(value)}]}],"#
                ),
                SimulatedCall.gemini(
                    #"{"role":"user","parts":[{"text":"x"}]}"#,
                    more:
                        #""generationConfig":{"responseMimeType":"application/json","responseJsonSchema":\#(value)},"#
                ),
            ].map(\.status)
        }
        for status in statuses { #expect(status < 500) }
    }
}
