// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Bodies of very many small pieces: what is done for each of them may not grow with their number.
///
/// At these numbers a loop over all pieces for each piece takes minutes.
@Suite("Bodies of very many small pieces", .serialized)
struct SizeTests {
    private static let count = 6_000

    private static let chat = "/openai/v1/chat/completions"
    private static let messages = "/anthropic/v1/messages"
    private static let responses = "/openai/v1/responses"
    private static let contents = "/gemini/v1beta/models/m:generateContent"
    private static let user = #"{"role":"user","content":"x"}"#

    /// A body of very many pieces.
    struct Body: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let path: String
        let text: String

        init(_ name: String, _ path: String, _ pieces: String...) {
            testDescription = name
            self.path = path
            let all: String = pieces.joined(separator: ",")
            switch path {
            case SizeTests.chat: text = "{\"model\":\"m\",\"messages\":[" + all + "]}"
            case SizeTests.messages: text = "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[" + all + "]}"
            case SizeTests.responses: text = "{\"model\":\"m\",\"input\":[" + all + "]}"
            default: text = "{\"contents\":[" + all + "]}"
            }
        }
    }

    /// The piece very many times, with its number in place of `@`.
    private static func repeated(_ piece: String, count: Int = count) -> String {
        let pieces: [String] = (0..<count).map { piece.replacing("@", with: String($0)) }
        return pieces.joined(separator: ",")
    }

    private static func turn(_ head: String, _ pieces: String) -> String { head + "[" + pieces + "]}" }

    static let bodies: [Body] = chatBodies + messagesBodies + responsesBodies + contentsBodies

    private static var chatBodies: [Body] {
        let calls = repeated(#"{"id":"c@","function":{"name":"f"}}"#)
        let results = repeated(#"{"role":"tool","tool_call_id":"c@","content":"r"}"#)
        return [
            Body("texts", chat, turn(#"{"role":"user","content":"#, repeated(#"{"type":"text","text":"a"}"#))),
            Body(
                "messages",
                chat,
                repeated(#"{"role":"user","content":"a"},{"role":"assistant","content":"b"}"#),
                user
            ),
            Body("calls", chat, user, turn(#"{"role":"assistant","tool_calls":"#, calls), results),
        ]
    }

    private static var messagesBodies: [Body] {
        let signature = OpaqueState(.signature, "AAAA", from: StateOrigin(tag: 0), itemID: "1").wrapped
        let transient = #"{"role":"system","content":"s","clear_at":"next_user_message"}"#
        let addition = #"{"type":"tool_addition","tool":{"definition":{"name":"f@","input_schema":{}}}}"#
        let thought = #"{"type":"thinking","thinking":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#
        let signed = #"{"type":"thinking","thinking":"b","signature":"S"}"#.replacing("S", with: signature)
        return [
            Body(
                "transient messages",
                messages,
                user,
                repeated(transient + #",{"role":"assistant","content":"a"}"#),
                user
            ),
            Body("tools that are added", messages, user, turn(#"{"role":"system","content":"#, repeated(addition))),
            Body(
                "thoughts without a proof",
                messages,
                user,
                turn(
                    #"{"role":"assistant","content":"#,
                    repeated(thought) + "," + repeated(signed) + #",{"type":"text","text":"a"}"#
                ),
                user
            ),
        ]
    }

    private static var responsesBodies: [Body] {
        let state = OpaqueState(.thought, "AAAA", from: StateOrigin(tag: 0)).wrapped
        let text = #"{"role":"assistant","content":"a"},{"type":"reasoning","summary":[],"encrypted_content":"S"}"#
        let call = #"{"type":"function_call","call_id":"c@","name":"f","arguments":"{}"}"#
        return [
            Body("texts with a state", responses, user, repeated(text.replacing("S", with: state)), user),
            Body(
                "calls and results",
                responses,
                user,
                repeated(call + #",{"type":"function_call_output","call_id":"c@","output":"r"}"#)
            ),
        ]
    }

    private static var contentsBodies: [Body] {
        let user = #"{"role":"user","parts":[{"text":"x"}]}"#
        let model = #"{"role":"model","parts":"#
        let result = #"{"functionResponse":{"name":"f","response":{}}}"#
        return [
            Body("parts", contents, user, turn(model, repeated(#"{"text":"a"},{"text":"b","thought":true}"#)), user),
            Body(
                "calls without ids",
                contents,
                user,
                turn(model, repeated(#"{"functionCall":{"name":"f"}}"#)),
                turn(#"{"role":"user","parts":"#, repeated(result, count: 1_000))
            ),
        ]
    }

    @Test("A request's pieces are each read once", .timeLimit(.minutes(2)), arguments: bodies)
    func requests(body: Body) {
        for target in FieldTarget.all {
            let start = ContinuousClock.now
            _ = try? Calls.translate(body.path, body.text, to: target.format, model: target.model)
            let seconds = start.duration(to: .now)
            #expect(seconds < .seconds(20), "\(body.testDescription) to \(target.title) takes \(seconds)")
        }
    }

    @Test("A schema's references and names are looked up without reading all of it for each", .timeLimit(.minutes(2)))
    func schemas() {
        func members(_ value: String) -> String {
            (0..<Self.count).map { "\"p\($0)\":\(value.replacing("@", with: String($0)))" }.joined(separator: ",")
        }
        let names = (0..<Self.count).map { "\"p\($0)\"" }.joined(separator: ",")
        let referring = "\"properties\":{" + members(##"{"$ref":"#/$defs/p@"}"##) + "},\"required\":[" + names + "]"
        let schema = "{\"type\":\"object\"," + referring + ",\"$defs\":{" + members(#"{"type":"string"}"#) + "}}"
        let tool = "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":" + schema + "}}"
        let body = "{\"model\":\"m\",\"messages\":[" + Self.user + "],\"tools\":[" + tool + "]}"
        let start = ContinuousClock.now
        _ = try? Calls.translate(Self.chat, body, to: .geminiGenerateContent, model: "gemini-2.0-flash")
        let seconds = start.duration(to: .now)
        #expect(seconds < .seconds(60), "\(seconds)")
    }

    @Test("An answer's pieces are each read once", .timeLimit(.minutes(2)))
    func answers() throws {
        let parts = (0..<40_000).map { _ in #"{"text":"ab"}"# }.joined(separator: ",")
        let answer = #"{"candidates":[{"content":{"parts":[\#(parts)]},"finishReason":"STOP"}]}"#
        let chat = #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#
        let start = ContinuousClock.now
        let outcome = try Calls.translate(Calls.chatPath, chat, to: .geminiGenerateContent).response
            .run(ByteBuffer(string: answer))
        #expect(outcome.error == nil)
        #expect(outcome.output.contains(String(repeating: "ab", count: 40_000)))
        #expect(start.duration(to: .now) < .seconds(20))
    }

    @Test("Sources that are cited in a long text are each read once", .timeLimit(.minutes(2)))
    func citations() throws {
        let request = #"{"model":"m","input":"x","stream":true}"#
        let transform = try Calls.translate("/openai/v1/responses", request, to: .anthropicMessages).response
        func event(_ data: String) -> String { "data: \(data)\n\n" }
        let text = String(repeating: "a", count: 200_000)
        let citation = event(
            #"{"type":"content_block_delta","delta":{"type":"citations_delta","citation":{"cited_text":"a","document_title":"d"}}}"#
        )
        func delta(_ text: String) -> String {
            event(#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"TEXT"}}"#)
                .replacing("TEXT", with: text)
        }
        let events: [String] = [
            event(#"{"type":"message_start","message":{"id":"m"}}"#),
            event(#"{"type":"content_block_start","content_block":{"type":"text","text":""}}"#),
            delta(text), String(repeating: citation, count: 3_000), delta("é"), citation,
            event(#"{"type":"content_block_stop"}"#),
            event(#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#),
            event(#"{"type":"message_stop"}"#),
        ]
        let stream: String = events.joined()
        let start = ContinuousClock.now
        let outcome = transform.run(ByteBuffer(string: stream))
        #expect(outcome.error == nil)
        #expect(outcome.output.contains(#""index":200000}"#))
        #expect(outcome.output.contains(#""index":200001}"#))
        #expect(start.duration(to: .now) < .seconds(30))
    }
}
