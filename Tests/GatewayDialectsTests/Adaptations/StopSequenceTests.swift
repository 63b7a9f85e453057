// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Stop sequences where the upstream has none")
struct StopSequenceTests {
    private static let body =
        #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stop":["END","é!"],"stream":true}"#

    /// A stream of Responses that writes these pieces.
    private func stream(_ pieces: [String]) -> ByteBuffer {
        var text = #"data: {"type":"response.created","response":{"id":"resp_1","model":"g"}}"# + "\n\n"
        text +=
            #"data: {"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_1","role":"assistant","content":[]}}"#
            + "\n\n"
        for piece in pieces {
            text +=
                #"data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"msg_1","delta":"\#(piece)"}"#
                + "\n\n"
        }
        text +=
            #"data: {"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[],"usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}}"#
            + "\n\n"
        return ByteBuffer(string: text)
    }

    /// The text that a chat client gets, and why it ended.
    private func answer(_ pieces: [String]) throws -> (text: String, finish: String?, output: Int) {
        var translation = try Calls.translate(Calls.chatPath, Self.body, to: .openAIResponses)
        #expect(translation.dropped.isEmpty)
        var output = try translation.response.consume(stream(pieces))
        output.writeImmutableBuffer(try translation.response.finish())
        var text = ""
        var finish: String?
        for line in String(buffer: output).split(separator: "\n") where line.hasPrefix("data: {") {
            let chunk = try JSONValue(validating: ByteBuffer(string: String(line.dropFirst(6))))
            let choice = chunk["choices"]?.array?.first
            text += choice?["delta"]?["content"]?.string ?? ""
            finish = choice?["finish_reason"]?.string ?? finish
        }
        return (text, finish, translation.response.observation.usage.output ?? 0)
    }

    @Test("The client's text ends in front of the first sequence, however the text is cut")
    func everyCut() throws {
        let whole = Array("One EN two é? three END four é! five")
        for first in 0...whole.count {
            for second in stride(from: first, through: whole.count, by: 3) {
                let pieces = [whole[..<first], whole[first..<second], whole[second...]].map { String($0) }
                let answer = try answer(pieces.filter { !$0.isEmpty })
                #expect(answer.text == "One EN two é? three ")
                #expect(answer.finish == "stop")
                // The upstream bills its whole answer.
                #expect(answer.output == 9)
            }
        }
    }

    @Test("A text without a sequence is whole, also when it ends like the beginning of one")
    func noMatch() throws {
        for text in ["Hello", "Hello EN", "EEEN", "é"] {
            #expect(try answer(text.map { String($0) }).text == text)
        }
    }

    @Test("A whole answer is cut in the same place")
    func wholeAnswer() throws {
        let request = Self.body.replacing(#","stream":true"#, with: "")
        var translation = try Calls.translate(Calls.chatPath, request, to: .openAIResponses)
        let body =
            #"{"id":"resp_1","status":"completed","output":[{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"a END b","annotations":[]}]}],"usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}"#
        _ = try translation.response.consume(ByteBuffer(string: body))
        let answer = try JSONValue(validating: try translation.response.finish())
        #expect(answer["choices"]?.array?.first?["message"]?["content"]?.string == "a ")
        #expect(answer["choices"]?.array?.first?["finish_reason"]?.string == "stop")
    }

    @Test("Of sequences within one another the first to end is met, streamed in any pieces or whole")
    func nested() throws {
        let stop = #""stop":["stop here now","here","re now!"]"#
        let body = Self.body.replacing(#""stop":["END","é!"]"#, with: stop)
        let text = "Please stop here now!"
        for cut in 0...text.count {
            var translation = try Calls.translate(Calls.chatPath, body, to: .openAIResponses)
            let pieces = [String(text.prefix(cut)), String(text.dropFirst(cut))].filter { !$0.isEmpty }
            let output = String(buffer: try translation.response.consume(stream(pieces)))
            #expect(output.contains("stop "))
            #expect(!output.contains("here"))
            #expect(!output.contains("now"))
        }
        let request = body.replacing(#","stream":true"#, with: "")
        var translation = try Calls.translate(Calls.chatPath, request, to: .openAIResponses)
        let whole =
            #"{"id":"resp_1","status":"completed","output":[{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"\#(text)","annotations":[]}]}],"usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}"#
        _ = try translation.response.consume(ByteBuffer(string: whole))
        let answer = try JSONValue(validating: try translation.response.finish())
        #expect(answer["choices"]?.array?.first?["message"]?["content"]?.string == "Please stop ")
    }

    @Test("What looked like a sequence until the text ended is not lost")
    func heldText() throws {
        let stop = #""stop":["\#(String(repeating: "ab", count: 500))!"]"#
        let body = Self.body.replacing(#""stop":["END","é!"]"#, with: stop)
        var translation = try Calls.translate(Calls.chatPath, body, to: .openAIResponses)
        let pieces = Array(repeating: "ab", count: 700)
        var output = try translation.response.consume(stream(pieces))
        output.writeImmutableBuffer(try translation.response.finish())
        var text = ""
        for line in String(buffer: output).split(separator: "\n") where line.hasPrefix("data: {") {
            let chunk = try JSONValue(validating: ByteBuffer(string: String(line.dropFirst(6))))
            text += chunk["choices"]?.array?.first?["delta"]?["content"]?.string ?? ""
        }
        #expect(text == pieces.joined())
    }
}
