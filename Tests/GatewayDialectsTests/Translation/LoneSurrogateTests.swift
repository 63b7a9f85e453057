// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Half an emoji")
struct LoneSurrogateTests {
    /// What stands between the quotes of a text, and what it means.
    private static let halves = [
        (#"\ud83d"#, "\u{FFFD}"), (#"\uDE00 \\ud83d"#, "\u{FFFD} \\ud83d"),
        (#"\ud83d\ude00\ud83d"#, "\u{1F600}\u{FFFD}"), (#"\ud83d\ud83d\ude00"#, "\u{FFFD}\u{1F600}"),
    ]

    @Test("stream-22: half of a surrogate pair costs no answer", arguments: StepClient.conforming)
    func translated(_ client: StepClient) throws {
        for upstream in UpstreamAnswers.all {
            for isStreaming in [false, true] {
                for (half, expected) in Self.halves {
                    guard var transform = try upstream.transform(for: client, isStreaming: isStreaming) else {
                        continue
                    }
                    let bytes = upstream.answer("xyz", isStreaming: isStreaming) { $0.replacing("xyz", with: half) }
                    var output = try transform.consume(bytes)
                    output.writeImmutableBuffer(try transform.finish())
                    let response = try client.response(String(buffer: output), isStreaming: isStreaming)
                    let text = response.candidates.first?.parts.compactMap(\.text?.string).joined()
                    #expect(text == expected, "\(client.name) \(upstream.dialect.format) \(isStreaming)")
                }
            }
        }
    }

    @Test("stream-22: half of a pair in the arguments of a call leaves them an object", arguments: StepClient.all)
    func arguments(_ client: StepClient) throws {
        let format = try client.envelope(isStreaming: false).apiType.wireFormat
        for upstream in StepUpstream.all where upstream.name == "chat" && format != .openAIChat && client.dialect != nil
        {
            for isStreaming in [false, true] {
                var answer = SteppedAnswer.full
                answer.calls = [("f", #"{"q":"\ud83d"}"#)]
                let bytes = isStreaming ? upstream.stream(answer, pieces: 3) : upstream.body(answer)
                let target = TranslationTarget(
                    format: upstream.format,
                    model: "m",
                    limits: ModelLimits(),
                    defaultMaximumOutput: 100
                )
                let outcome = try Dialects().translate(
                    client.envelope(isStreaming: isStreaming),
                    to: target,
                    answer: Calls.identity
                ).response.run(bytes)
                let response = try client.response(outcome.output, isStreaming: isStreaming)
                let call = response.candidates.first?.parts.lazy.compactMap(\.toolCall).first
                #expect(call?.name.string == "f", "\(client.name) \(isStreaming)")
                #expect(response.candidates.first?.finishReason == .toolCalls, "\(client.name) \(isStreaming)")
            }
        }
    }

    @Test("A document keeps its length, and a request stays strict")
    func lengths() throws {
        for (half, _) in Self.halves {
            let document = ByteBuffer(string: #"{"a":"\#(half)"}"#)
            #expect(throws: JSONError.self) { try JSONValue(validating: document) }
            #expect(try JSONValue(answer: document).bytes.readableBytes == document.readableBytes)
        }
        for broken in [#"{"a":"\ud83d}"#, #"{"a":"\uZZZZ\ud83d"}"#, #"{"a":"\ud83d"} x"#] {
            #expect(throws: JSONError.self) { try JSONValue(answer: ByteBuffer(string: broken)) }
        }
    }
}
