// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Broken answers under consumers that edit, hold, repeat and drop steps at random.
@Suite("Steps of broken answers")
struct StepFuzzTests {
    private static let scale = ProcessInfo.processInfo.environment["GATEHOUSE_FUZZ"].flatMap(Int.init) ?? 1

    private static let subjects: [(upstream: FuzzedUpstream, path: String)] = FuzzedUpstream.all.compactMap {
        upstream in
        switch upstream.dialect.format {
        case .openAIChat: (upstream, Calls.chatPath)
        case .openAIResponses: (upstream, "/openai/v1/responses")
        case .anthropicMessages: (upstream, "/anthropic/v1/messages")
        case .geminiGenerateContent: (upstream, "/gemini/v1beta/models/m:@")
        default: nil
        }
    }

    /// The codec of a relayed answer.
    private static func codec(_ path: String, isStreaming: Bool) throws -> any AnswerStepCodec {
        let path = path.replacing("@", with: isStreaming ? "streamGenerateContent?alt=sse" : "generateContent")
        let envelope = try Calls.envelope(path, ByteBuffer(string: #"{"model":"m","stream":\#(isStreaming)}"#))
        var target = TranslationTarget(
            format: envelope.apiType.wireFormat,
            model: "m",
            limits: ModelLimits(),
            defaultMaximumOutput: 9
        )
        target.wantsSteps = true
        return try #require(Dialects().translate(envelope, to: target, answer: Calls.identity).steps)
    }

    /// Feeds an answer, and does something with each step.
    private static func run(
        _ codec: any AnswerStepCodec,
        _ bytes: ByteBuffer,
        using generator: inout SplitMix
    ) throws -> String {
        var codec = codec
        var output = ByteBuffer()
        var held: [AnswerStep] = []
        let pieces = Cut.every(Int.random(in: 1...400, using: &generator)).pieces(of: bytes)
        for (index, piece) in pieces.enumerated() {
            var passed: [AnswerStep] = []
            let steps: [AnswerStep]
            do throws(GatewayError) {
                steps = try codec.read(piece, isLast: index == pieces.count - 1)
            } catch {
                // What cannot be read ends the answer.
                #expect(error.code == .upstreamUnavailable)
                break
            }
            for step in steps {
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: continue
                case 1: held.append(step)
                case 2: passed += held
                case 3: passed += [step, step]
                case 4, 5:
                    var edited = step
                    edited.text = "a \"quoted\" \n text"
                    passed.append(edited)
                default: passed.append(step)
                }
            }
            output.writeImmutableBuffer(codec.write(passed))
        }
        if Bool.random(using: &generator) { output.writeImmutableBuffer(codec.end(.contentFilter)) }
        output.writeImmutableBuffer(codec.finish())
        return String(buffer: output)
    }

    @Test("A stream whose events have the last number there is can be ended still")
    func lastNumber() throws {
        var codec = try Self.codec("/openai/v1/responses", isStreaming: true)
        let event = #"{"type":"response.created","sequence_number":\#(Int.max),"response":{"id":"r","output":[]}}"#
        let stream = ByteBuffer(string: "event: response.created\ndata: \(event)\n\n")
        var output = codec.write(try codec.read(stream, isLast: false))
        output.writeImmutableBuffer(codec.end(.contentFilter))
        output.writeImmutableBuffer(codec.finish())
        #expect(String(buffer: output).contains("response.incomplete"))
    }

    @Test("Whatever a stream holds and whatever passes of it, each event is JSON still", arguments: 0..<subjects.count)
    func streams(_ index: Int) throws {
        let (subject, path) = Self.subjects[index]
        var generator = SplitMix(seed: 61)
        for file in subject.streams {
            let original = try subject.events(of: file)
            for round in 0..<(40 * Self.scale) {
                var events = original
                for _ in 0..<(round == 0 ? 0 : Int.random(in: 1...4, using: &generator)) {
                    let index = Int.random(in: events.indices, using: &generator)
                    events[index].data = Mutation.mutated(events[index].data, using: &generator)
                }
                let stream = subject.stream(of: events, using: &generator)
                for _ in 0..<4 {
                    let codec = try Self.codec(path, isStreaming: true)
                    let output = try Self.run(codec, stream, using: &generator)
                    for event in output.split(separator: "\n\n") {
                        let lines = event.split(separator: "\n").filter { $0.hasPrefix("data: ") }
                        let data = lines.map { $0.dropFirst(6) }.joined(separator: "\n")
                        if data == "[DONE]" || data.isEmpty { continue }
                        #expect(throws: Never.self, "\(data)") {
                            try JSONValue(answer: ByteBuffer(string: data), maximumDepth: 256)
                        }
                    }
                }
            }
        }
    }

    @Test("Whatever a body holds and whatever passes of it, it is JSON still", arguments: 0..<subjects.count)
    func bodies(_ index: Int) throws {
        let (subject, path) = Self.subjects[index]
        var generator = SplitMix(seed: 67)
        let tree = JSONTree(try Fixtures.json("\(subject.name)/response.json"))
        for _ in 0..<(200 * Self.scale) {
            let body = ByteBuffer(string: Mutation.mutated(tree, using: &generator).written)
            let output = try Self.run(Self.codec(path, isStreaming: false), body, using: &generator)
            if output.isEmpty { continue }
            #expect(throws: Never.self, "\(output)") {
                try JSONValue(answer: ByteBuffer(string: output), maximumDepth: 256)
            }
        }
    }
}
