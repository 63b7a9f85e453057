// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// The ids that clients get, whatever the upstream's are.
@Suite("Ids of answers and calls")
struct AnswerIDTests {
    /// A conversation in which the client's tool was called with the id `call_0`.
    private static let requests: [String: String] = [
        "chat": #"""
        {"model":"m","messages":[{"role":"user","content":"Go"},
         {"role":"assistant","tool_calls":[{"id":"call_0","type":"function","function":{"name":"f","arguments":"{}"}}]},
         {"role":"tool","tool_call_id":"call_0","content":"done"}]@}
        """#,
        "responses": #"""
        {"model":"m","input":[{"type":"message","role":"user","content":"Go"},
         {"type":"function_call","call_id":"call_0","name":"f","arguments":"{}"},
         {"type":"function_call_output","call_id":"call_0","output":"done"}]@}
        """#,
        "messages": #"""
        {"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Go"},
         {"role":"assistant","content":[{"type":"tool_use","id":"call_0","name":"f","input":{}}]},
         {"role":"user","content":[{"type":"tool_result","tool_use_id":"call_0","content":"done"}]}]@}
        """#,
        "gemini": #"""
        {"contents":[{"role":"user","parts":[{"text":"Go"}]},
         {"role":"model","parts":[{"functionCall":{"id":"call_0","name":"f","args":{}}}]},
         {"role":"user","parts":[{"functionResponse":{"id":"call_0","name":"f","response":{"a":1}}}]}]}
        """#,
    ]

    static let clients = StepClient.all.filter { requests[$0.name] != nil }

    /// An answer that calls a tool three times with ids that the upstream gives twice, or not at all.
    private static let answer: SteppedAnswer = {
        var answer = SteppedAnswer.full
        answer.calls = [("f", "{}"), ("f", #"{"n":1}"#), ("g", #"{"n":2}"#)]
        return answer
    }()

    private static func transform(
        _ client: StepClient,
        _ upstream: StepUpstream,
        isStreaming: Bool
    ) throws
        -> (any ResponseTransform)?
    {
        let envelope = try client.envelope(isStreaming: isStreaming, body: requests[client.name] ?? "")
        guard envelope.apiType.wireFormat != upstream.format,
            Dialects().canServe(envelope.apiType, with: upstream.format)
        else { return nil }
        let target = TranslationTarget(
            format: upstream.format,
            model: "m",
            limits: ModelLimits(),
            defaultMaximumOutput: 100
        )
        return try Dialects().translate(envelope, to: target, answer: Calls.identity).response
    }

    @Test("tools-15: ids of calls are unique in a conversation, whatever the upstream gives", arguments: clients)
    func calls(_ client: StepClient) throws {
        for upstream in StepUpstream.all where upstream.name != "completions" {
            for isStreaming in [false, true] {
                // All the same as the one of the last turn; or empty.
                for id in ["call_0", ""] {
                    guard let transform = try Self.transform(client, upstream, isStreaming: isStreaming) else {
                        continue
                    }
                    let bytes = isStreaming ? upstream.stream(Self.answer, pieces: 4) : upstream.body(Self.answer)
                    let outcome = transform.run(Self.renamed(bytes, to: id, upstream))
                    let name = "\(client.name) \(upstream.name) \(isStreaming) '\(id)'"
                    #expect(outcome.error == nil, "\(name)")
                    let calls = try client.response(outcome.output, isStreaming: isStreaming).candidates[0].parts
                        .compactMap(\.toolCall)
                    #expect(calls.map(\.name.string) == ["f", "f", "g"], "\(name)")
                    let ids = calls.map(\.id.string) + ["call_0"]
                    #expect(Set(ids).count == 4 && !ids.contains(""), "\(name) \(ids)")
                    #expect(ids.allSatisfy { $0.utf8.count <= 40 || $0.contains("gatehouse") }, "\(name) \(ids)")
                }
                // Ids that name nothing yet stay as they are.
                guard let transform = try Self.transform(client, upstream, isStreaming: isStreaming) else { continue }
                let bytes = isStreaming ? upstream.stream(Self.answer, pieces: 4) : upstream.body(Self.answer)
                let output = transform.run(bytes).output
                #expect(output.contains("call_1") && output.contains("call_2"), "\(client.name) \(upstream.name)")
            }
        }
    }

    /// The answer with this id for every call; messages of Amazon's event stream are written anew, since their checksums change.
    private static func renamed(_ bytes: ByteBuffer, to id: String, _ upstream: StepUpstream) -> ByteBuffer {
        func renamed(_ text: String) -> String { text.replacing(#/"call_\d"/#, with: "\"\(id)\"") }
        guard upstream.client == nil else { return ByteBuffer(string: renamed(String(buffer: bytes))) }
        var framer = EventStreamFramer()
        var messages: [ByteBuffer] = []
        guard (try? framer.consume(bytes, into: &messages)) != nil, !messages.isEmpty else {
            return ByteBuffer(string: renamed(String(buffer: bytes)))
        }
        var output = ByteBuffer()
        for bytes in messages {
            guard let message = try? EventStreamMessage(bytes), let type = message.text(":event-type") else { continue }
            EventStreamMessage.write(
                headers: [":message-type": "event", ":event-type": String(decoding: type, as: UTF8.self)],
                payload: ByteBuffer(string: renamed(String(buffer: message.payload))),
                into: &output
            )
        }
        return output
    }

    @Test("tools-15: an answer's id is unique in a conversation, and a vendor's random one stays", arguments: clients)
    func answers(_ client: StepClient) throws {
        for upstream in StepUpstream.all where upstream.client != nil && upstream.name != "completions" {
            for isStreaming in [false, true] {
                for (id, isKept) in [("same", false), ("chatcmpl-123", false), ("x-01XFDUDYJgAACzvnptvVoYEL", true)] {
                    guard let transform = try Self.transform(client, upstream, isStreaming: isStreaming) else {
                        continue
                    }
                    let bytes = isStreaming ? upstream.stream(Self.answer, pieces: 4) : upstream.body(Self.answer)
                    let text = String(buffer: bytes).replacing("resp_1", with: id)
                    let response = try client.response(
                        transform.run(ByteBuffer(string: text)).output,
                        isStreaming: isStreaming
                    )
                    let given = try #require(response.id?.string)
                    // Ids of Responses are all of one form, and made of the request's.
                    guard client.name != "responses" else { continue }
                    #expect(given.hasSuffix(id) == isKept, "\(client.name) \(upstream.name) \(given)")
                    #expect(given.contains(id))
                }
            }
        }
    }
}
