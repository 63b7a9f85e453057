// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("The most that a model can say")
struct MaximumOutputTests {
    @Test("limits-12: No more is asked of a model than it can say, and that is told", arguments: StepClient.all)
    func maximumOutput(_ client: StepClient) throws {
        for format in Conformance.targets {
            let envelope = try client.envelope(isStreaming: false)
            guard envelope.apiType.wireFormat != format else { continue }
            let limit = client.limitField
            let asked = limit == "generationConfig" ? #"{"maxOutputTokens":32000}"# : "32000"
            var body = String(buffer: envelope.scan.value.bytes)
            body = body.replacing(#","max_tokens":99"#, with: "")
            body = body.replacing("{", with: #"{"\#(limit)":\#(asked),"#, maxReplacements: 1)
            for (most, expected) in [(8_192, 8_192), (64_000, 32_000)] {
                let translation = try Calls.translate(
                    client.path,
                    ByteBuffer(string: body),
                    to: format,
                    limits: ModelLimits(maximumOutput: most)
                )
                let sent = translation.body.map { String(buffer: $0) }.joined()
                #expect(sent.contains("\(expected)"), "\(client.name) \(format) \(sent)")
                #expect(sent.contains("32000") == (most > 32_000))
                #expect(translation.dropped.contains("max_tokens above 8192") == (most == 8_192))
            }
        }
    }

    @Test("A count of tokens asks for no output, whatever a request would have to")
    func counts() throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#
        for format in [WireFormat.geminiGenerateContent, .openAIResponses, .bedrockConverse] {
            let translation = try Calls.translate(
                "/anthropic/v1/messages/count_tokens",
                ByteBuffer(string: body),
                to: format,
                limits: ModelLimits(maximumOutput: 8_192)
            )
            #expect(translation.dropped.isEmpty, "\(format) \(translation.dropped)")
        }
    }
}

extension StepClient {
    /// The field that bounds the answer.
    fileprivate var limitField: String {
        if name.hasPrefix("gemini") { return "generationConfig" }
        return name == "responses" ? "max_output_tokens" : "max_tokens"
    }
}
