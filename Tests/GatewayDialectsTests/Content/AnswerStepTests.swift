// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Synchronization
import Testing

@Suite("Answers as steps")
struct AnswerStepTests {
    private static let policy = WordPolicy(word: SteppedAnswer.word, tool: SteppedAnswer.tool)

    @Test("What no policy changes keeps every byte, wherever the upstream's bytes are cut", arguments: StepClient.all)
    func unchanged(_ client: StepClient) async throws {
        for upstream in try StepUpstream.serving(client) {
            for isStreaming in [true, false] {
                let call = ReviewedCall(client: client, upstream: upstream, isStreaming: isStreaming)
                let bytes = isStreaming ? upstream.stream(.full, pieces: 9) : upstream.body(.full)
                let expected = try call.unreviewed(bytes)
                for cut in [Cut.whole, .every(1), .every(7), .at(bytes.readableBytes / 2)] {
                    let output = try await call.output(bytes, cut, [WatchingPolicy()])
                    #expect(output == expected, "\(upstream.name) \(cut)")
                }
            }
        }
    }

    @Test("A word is redacted and a call dropped in every API, from every upstream", arguments: StepClient.all)
    func redacted(_ client: StepClient) async throws {
        for upstream in try StepUpstream.serving(client) {
            for (isStreaming, answer) in [
                (true, SteppedAnswer.full), (false, .full), (true, .callOnly), (false, .callOnly),
            ] {
                let call = ReviewedCall(client: client, upstream: upstream, isStreaming: isStreaming)
                // Each character by itself, so that the word is cut at each of its bytes.
                for size in isStreaming ? [1, 2, 5, 100] : [100] {
                    let bytes = isStreaming ? upstream.stream(answer, pieces: size) : upstream.body(answer)
                    let plain = try call.response(call.unreviewed(bytes))
                    let expected = try plain.reviewed(word: SteppedAnswer.word, tool: SteppedAnswer.tool).text()
                    #expect(try plain.text() != expected)
                    for policy in [Self.policy, SlowPolicy(policy: Self.policy)] as [any ContentPolicy] {
                        let output = try await call.output(bytes, .every(50), [policy])
                        let text = try call.response(output).text()
                        #expect(text == expected, "\(upstream.name) \(isStreaming) \(size)")
                        #expect(!output.contains(SteppedAnswer.word))
                        // Completions have words for a call.
                        if client.dialect != nil { #expect(!output.contains(SteppedAnswer.tool)) }
                    }
                }
            }
        }
    }

    @Test("What a policy makes of an answer does not depend on where its bytes are cut", arguments: StepClient.all)
    func cut(_ client: StepClient) async throws {
        for upstream in try StepUpstream.serving(client) {
            let call = ReviewedCall(client: client, upstream: upstream, isStreaming: true)
            let bytes = upstream.stream(.full, pieces: 20)
            let expected = try call.response(await call.output(bytes, .whole, [Self.policy])).text()
            // Every boundary at once, and each by itself where the answer is relayed.
            let isRelayed = try client.envelope(isStreaming: true).apiType.wireFormat == upstream.format
            var cuts = [Cut.every(1), .every(2), .every(3), .every(7)]
            cuts += stride(from: 0, to: bytes.readableBytes, by: isRelayed ? 1 : 13).map { .at($0) }
            for cut in cuts {
                let output = try await call.output(bytes, cut, [Self.policy])
                #expect(try call.response(output).text() == expected, "\(upstream.name) \(cut)")
            }
        }
    }

    @Test("What cannot be read does not pass those who look at the answer", arguments: StepClient.all)
    func unreadable(_ client: StepClient) async throws {
        let upstream = try #require(
            try StepUpstream.serving(client).first { upstream in
                try upstream.format == client.envelope(isStreaming: true).apiType.wireFormat
            }
        )
        let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        for text in ["secret", "{\"a\":\"secret\"", "{\"secret\":\(deep)}"] {
            for isStreaming in [true, false] {
                let call = ReviewedCall(client: client, upstream: upstream, isStreaming: isStreaming)
                let bytes = ByteBuffer(string: isStreaming ? "data: \(text)\n\n" : text)
                let error = await #expect(throws: GatewayError.self, "\(text.prefix(20)) \(isStreaming)") {
                    try await call.output(bytes, .whole, [Self.policy])
                }
                #expect(error?.code == .upstreamUnavailable)
            }
        }
    }

    @Test("An answer ends early as its dialect ends one that was filtered", arguments: StepClient.all)
    func ended(_ client: StepClient) async throws {
        for upstream in try StepUpstream.serving(client) {
            for isStreaming in [true, false] {
                let call = ReviewedCall(client: client, upstream: upstream, isStreaming: isStreaming)
                let bytes = isStreaming ? upstream.stream(.full, pieces: 5) : upstream.body(.full)
                let policy = EndingPolicy(kind: .text, reason: .contentFilter)
                let output = try await call.output(bytes, .every(60), [policy])
                let response = try call.response(output)
                let texts = response.candidates[0].parts.compactMap(\.text?.string)
                let expected = isStreaming ? "The s" : SteppedAnswer.full.text
                // A converted completion has its calls as texts of their own.
                #expect(texts.joined().hasPrefix(expected), "\(upstream.name) \(output)")
                #expect(response.candidates[0].parts.allSatisfy { $0.toolCall == nil }, "\(upstream.name)")
                let reason = response.candidates[0].finishReason
                if client.dialect != nil {
                    #expect(reason == .contentFilter || reason == .refusal, "\(upstream.name) \(output)")
                } else {
                    #expect(output.contains(#""finish_reason":"content_filter""#))
                }
            }
        }
    }

    @Test("A stream that fails tells nothing that a policy took out", arguments: StepClient.all)
    func failed(_ client: StepClient) async throws {
        for upstream in try StepUpstream.serving(client) where upstream.name != "converse" {
            let bytes = upstream.stream(.full, pieces: 4)
            var target = TranslationTarget(
                format: upstream.format,
                model: "m",
                limits: ModelLimits(),
                defaultMaximumOutput: 100
            )
            target.wantsSteps = true
            let translation = try Dialects().translate(
                client.envelope(isStreaming: true),
                to: target,
                answer: Calls.identity
            )
            var transform = translation.response
            var review = AnswerReview(try #require(translation.steps), [Self.policy])
            var output = try await review.pass(
                transform.consume(ByteBuffer(bytes: bytes.readableBytesView.prefix(bytes.readableBytes / 2)))
            )
            output.writeImmutableBuffer(review.fail(transform.fail(GatewayError(.upstreamTimeout, "Too slow."))))
            let text = String(buffer: output)
            #expect(text.contains("Too slow."), "\(upstream.name)")
            #expect(!text.contains(SteppedAnswer.word), "\(upstream.name) \(text)")
        }
    }

    @Test("Policies see what the ones before them let pass, in their order")
    func order() async throws {
        let client = StepClient.all[0]
        let upstream = StepUpstream.all[0]
        let call = ReviewedCall(client: client, upstream: upstream, isStreaming: true)
        let bytes = upstream.stream(.full, pieces: 1)
        let second = WordPolicy(word: "[redacted]", tool: "look")
        let output = try await call.output(bytes, .whole, [Self.policy, second])
        let expected = try call.response(call.unreviewed(bytes))
            .reviewed(word: SteppedAnswer.word, tool: SteppedAnswer.tool).reviewed(word: "[redacted]", tool: "look")
        #expect(try call.response(output).text() == expected.text())
    }

    @Test("Steps tell their kind, their part and their tool")
    func kinds() async throws {
        for client in StepClient.all where client.dialect != nil {
            for isStreaming in [true, false] {
                let upstream = StepUpstream.all[0]
                let call = ReviewedCall(client: client, upstream: upstream, isStreaming: isStreaming)
                let bytes = isStreaming ? upstream.stream(.full, pieces: 1_000) : upstream.body(.full)
                let seen = SeenSteps()
                _ = try await call.output(bytes, .whole, [NotingPolicy(seen: seen)])
                let steps = seen.steps.filter { $0.kind != .other && $0.kind != .partEnd }
                var kinds: [AnswerStep.Kind] = [.reasoning, .text]
                for _ in 0..<3 { kinds += [.toolCall, .toolArguments] }
                // A body has its fields in any order.
                func named(_ kinds: [AnswerStep.Kind]) -> [String] {
                    isStreaming ? kinds.map { "\($0)" } : kinds.map { "\($0)" }.sorted()
                }
                let content = steps.filter { $0.part != nil }.map(\.kind)
                #expect(named(content) == named(kinds), "\(client.name)")
                #expect(steps.contains { $0.kind == .usage }, "\(client.name)")
                #expect(steps.compactMap(\.toolName?.string) == ["look", "erase", "find"])
                #expect(Set(steps.compactMap(\.part)).count == 5, "\(client.name)")
                #expect(steps.first { $0.kind == .text }?.text?.string == SteppedAnswer.full.text)
            }
        }
    }
}

/// The steps that a policy saw.
private final class SeenSteps: Sendable {
    private let noted = Mutex<[AnswerStep]>([])

    var steps: [AnswerStep] { noted.withLock { $0 } }

    func note(_ step: AnswerStep) { noted.withLock { $0.append(step) } }
}

/// Notes each step.
private struct NotingPolicy: ContentPolicy {
    let seen: SeenSteps

    mutating func review(_ step: AnswerStep) async throws(GatewayError) -> ReviewedSteps {
        seen.note(step)
        return .pass([step])
    }
}
