// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Documents that are made to grow on their way, the same in every run; `GATEHOUSE_FUZZ=50` makes fifty times as many.
@Suite("Requests and answers that are made to grow")
struct StructureFuzzTests {
    private static let scale = ProcessInfo.processInfo.environment["GATEHOUSE_FUZZ"].flatMap(Int.init) ?? 1

    /// A client's API with bodies to start from, and the upstreams that may serve it.
    struct Subject: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let path: String
        let bodies: [Body]
        let targets: [FieldTarget]

        enum Body: Sendable {
            case file(String)
            case text(String)
        }

        func trees() throws -> [JSONTree] {
            try bodies.map { body in
                switch body {
                case .file(let file): JSONTree(try Fixtures.json(file))
                case .text(let text): JSONTree(try JSONValue(validating: ByteBuffer(string: text)))
                }
            }
        }
    }

    private static let generators =
        FieldTarget.all + [
            FieldTarget(title: "Gemini 2.0", format: .geminiGenerateContent, model: "gemini-2.0-flash"),
            FieldTarget(title: "Bedrock (Nova)", format: .bedrockConverse, model: "amazon.nova-pro-v1:0"),
        ]
    private static let embedders = [
        WireFormat.openAIEmbeddings, .geminiBatchEmbedContents, .geminiEmbedContent, .bedrockCohereEmbeddings,
        .bedrockTitanEmbeddings, .vertexPredictEmbeddings,
    ].map { FieldTarget(title: $0.apiTypeName, format: $0, model: "embedder") }

    private static let tools =
        #"{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}"#
    private static let chat = Subject.Body.text(
        #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"x"},{"role":"assistant","content":"a","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":[1]}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}],"tools":[\#(tools)],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}}"#
    )
    private static let responses = Subject.Body.text(
        #"{"model":"m","input":[{"role":"user","content":"x"},{"type":"function_call","call_id":"c","name":"f","namespace":"n","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"r"}],"tools":[{"type":"namespace","name":"n","description":"d","tools":[{"type":"function","name":"f","parameters":{"type":"object"}}]},{"type":"custom","name":"p","description":"d"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}}"#
    )
    private static let messages = Subject.Body.text(
        #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{"a":[1]}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"r"}]}]}],"tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}]}"#
    )
    private static let contents = Subject.Body.text(
        #"{"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{"a":[1]}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f","response":{"output":"r"}}}]}],"tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}}}}]}]}"#
    )

    static let subjects: [Subject] = [
        Subject(
            testDescription: "chat",
            path: Calls.chatPath,
            bodies: [chat, .file("OpenAIChat/request.json"), .file("Conversations/chat.json")],
            targets: generators
        ),
        Subject(
            testDescription: "Responses",
            path: "/openai/v1/responses",
            bodies: [
                responses, .file("OpenAIResponses/everything.request.json"), .file("Conversations/responses.json"),
            ],
            targets: generators
        ),
        Subject(
            testDescription: "Messages",
            path: "/anthropic/v1/messages",
            bodies: [messages, .file("AnthropicMessages/request.json"), .file("Conversations/messages.json")],
            targets: generators
        ),
        Subject(
            testDescription: "count_tokens",
            path: "/anthropic/v1/messages/count_tokens",
            bodies: [messages],
            targets: generators
        ),
        Subject(
            testDescription: "generateContent",
            path: "/gemini/v1beta/models/m:generateContent",
            bodies: [contents, .file("Gemini/client-request.json"), .file("Conversations/contents.json")],
            targets: generators
        ),
        Subject(
            testDescription: "completions",
            path: "/openai/v1/completions",
            bodies: [.text(#"{"model":"m","prompt":["p"],"stop":["s"],"echo":true,"user":"u"}"#)],
            targets: generators
        ),
        Subject(
            testDescription: "embeddings",
            path: "/openai/v1/embeddings",
            bodies: [
                .text(#"{"model":"m","input":["a","b"],"instruction":"i","input_type":"query","user":"u","other":"o"}"#)
            ],
            targets: embedders
        ),
        Subject(
            testDescription: "batchEmbedContents",
            path: "/gemini/v1beta/models/m:batchEmbedContents",
            bodies: [
                .text(
                    #"{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},"title":"t","taskType":"T"}]}"#
                )
            ],
            targets: embedders
        ),
    ]

    @Test(
        "No request makes the gateway write more than its bound, trap, or write what is not JSON",
        arguments: subjects
    )
    func requests(_ subject: Subject) throws {
        var generator = SplitMix(seed: 41)
        for tree in try subject.trees() {
            for _ in 0..<(2 * Self.scale) {
                let body = StructureMutation.mutated(tree, using: &generator).written
                for target in subject.targets { check(body, subject.path, to: target) }
            }
        }
    }

    private func check(_ body: String, _ path: String, to target: FieldTarget) {
        do throws(GatewayError) {
            let translation = try Calls.translate(path, body, to: target.format, model: target.model)
            let bodies = translation.earlierBodies + [translation.body]
            let written = bodies.joined().reduce(0) { $0 + $1.readableBytes }
            #expect(
                written <= 4 * body.utf8.count + 1 << 20,
                "\(path) to \(target.title): \(written) of \(body.prefix(2_000))"
            )
            for body in bodies {
                var joined = ByteBuffer()
                for piece in body { joined.writeImmutableBuffer(piece) }
                #expect(throws: Never.self, "\(path) to \(target.title): \(String(buffer: joined).prefix(2_000))") {
                    try JSONValue(validating: joined, maximumDepth: 256)
                }
            }
        } catch {
            #expect((400..<500).contains(error.status), "\(path) to \(target.title): \(error)")
            #expect(error.message.utf8.count < 2_000, "\(path) to \(target.title)")
        }
    }

    // MARK: Answers

    private static let askers: [(path: String, body: String)] = [
        (Calls.chatPath, #"{"model":"m","messages":[{"role":"user","content":"x"}]@}"#),
        (Calls.mlflowPath, #"{"model":"m","messages":[{"role":"user","content":"x"}]@}"#),
        (
            "/openai/v1/responses",
            #"{"model":"m","input":"x","instructions":"repeated in each answer","tools":[{"type":"custom","name":"get_weather"}]@}"#
        ),
        ("/anthropic/v1/messages", #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]@}"#),
        ("/gemini/v1beta/models/m:@", #"{"contents":[{"parts":[{"text":"x"}]}]}"#),
        ("/openai/v1/completions", #"{"model":"m","prompt":"a prompt that is echoed","echo":true@}"#),
    ]

    /// What rewrites an upstream's answers for each client, with the bytes of the client's request.
    private static func transforms(
        from format: WireFormat,
        isStreaming: Bool
    ) throws -> [(transform: any ResponseTransform, asked: Int)] {
        try askers.compactMap { path, body in
            let body = body.replacing("@", with: isStreaming ? #","stream":true"# : "")
            let path = path.replacing("@", with: isStreaming ? "streamGenerateContent?alt=sse" : "generateContent")
            let translation = try Calls.translate(path, body, to: format)
            // What is relayed is as long as it came.
            guard Dialects().canServe(try Calls.envelope(path, ByteBuffer(string: body)).apiType, with: format),
                !translation.response.keepsLength, translation.response.contentType != nil
            else { return nil }
            return (translation.response, body.utf8.count)
        }
    }

    @Test("No answer makes the gateway write more than its bound", arguments: FuzzedUpstream.all)
    func answers(_ subject: FuzzedUpstream) throws {
        var generator = SplitMix(seed: 43)
        let transforms = try Self.transforms(from: subject.dialect.format, isStreaming: false)
        let tree = JSONTree(try Fixtures.json("\(subject.name)/response.json"))
        for _ in 0..<(4 * Self.scale) {
            let body = StructureMutation.mutated(tree, using: &generator).written
            for (transform, asked) in transforms {
                let outcome = transform.run(ByteBuffer(string: body))
                if let error = outcome.error {
                    #expect(outcome.output.isEmpty && error.status >= 400)
                    continue
                }
                let written = outcome.output.utf8.count
                #expect(written <= 4 * (body.utf8.count + asked) + 1 << 20, "\(written) for \(body.prefix(2_000))")
                #expect(throws: Never.self, "\(body.prefix(2_000))") {
                    try JSONValue(validating: ByteBuffer(string: outcome.output), maximumDepth: 256)
                }
            }
        }
    }

    @Test("No stream makes the gateway write more than its bound", arguments: FuzzedUpstream.all)
    func streams(_ subject: FuzzedUpstream) throws {
        var generator = SplitMix(seed: 47)
        let transforms = try Self.transforms(from: subject.dialect.format, isStreaming: true)
        for file in subject.streams {
            let original = try subject.events(of: file)
            for _ in 0..<(2 * Self.scale) {
                var events = original
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let index = Int.random(in: events.indices, using: &generator)
                    events[index].data = StructureMutation.mutated(events[index].data, using: &generator)
                    let copies = Int.random(in: 0...100, using: &generator)
                    guard events[index].data.written.utf8.count * copies < 1 << 20 else { continue }
                    events.insert(contentsOf: Array(repeating: events[index], count: copies), at: index)
                }
                let stream = subject.stream(of: events, using: &generator)
                for (transform, asked) in transforms {
                    let written = transform.run(stream).output.utf8.count
                    // The event that goes beyond the bound may be written still: a copy of the whole answer.
                    let most = 20 * stream.readableBytes + 8 * asked + 2 << 20
                    #expect(written <= most, "\(written) for \(stream.readableBytes)")
                }
            }
        }
    }
}
