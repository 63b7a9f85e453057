// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import GatewaySimulator
import NIOCore
import NIOHTTP1

/// An upstream that requests are translated for.
struct GrowthUpstream: Sendable {
    let name: String
    let target: TranslationTarget
    /// Where the simulator takes requests of this format; nil where it does not.
    let simulatorPath: String?

    /// Whose opaque state the requests carry.
    static let origin = StateOrigin(tag: 7)

    init(
        _ name: String,
        _ format: WireFormat,
        _ model: String,
        simulator path: String? = nil,
        traits: UpstreamTraits = UpstreamTraits()
    ) {
        self.name = name
        simulatorPath = path
        target = TranslationTarget(
            format: format,
            model: model,
            limits: ModelLimits(),
            defaultMaximumOutput: 8192,
            origin: Self.origin,
            traits: traits
        )
    }

    static let all: [GrowthUpstream] = [
        GrowthUpstream("chat", .openAIChat, "gpt-5", simulator: "/v1/chat/completions"),
        GrowthUpstream("compatible", .openAIChat, "kimi-k3", simulator: "/v1/chat/completions", traits: compatible),
        GrowthUpstream("completions", .openAICompletions, "davinci"),
        GrowthUpstream("responses", .openAIResponses, "gpt-5", simulator: "/v1/responses"),
        GrowthUpstream("messages", .anthropicMessages, "claude-sonnet-4-5", simulator: "/v1/messages"),
        GrowthUpstream("messages 4.0", .anthropicMessages, "claude-sonnet-4-0"),
        GrowthUpstream(
            "gemini",
            .geminiGenerateContent,
            "gemini-2.5-pro",
            simulator: "/v1beta/models/gemini-2.5-pro:generateContent"
        ),
        GrowthUpstream("gemini 2.0", .geminiGenerateContent, "gemini-2.0-flash"),
        GrowthUpstream(
            "bedrock",
            .bedrockConverse,
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            simulator: "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"
        ),
        GrowthUpstream("embeddings", .openAIEmbeddings, "gte-large-en", simulator: "/v1/embeddings"),
        GrowthUpstream("gemini batch", .geminiBatchEmbedContents, "gemini-embedding-001"),
        GrowthUpstream("titan", .bedrockTitanEmbeddings, "amazon.titan-embed-text-v2:0"),
        GrowthUpstream("cohere", .bedrockCohereEmbeddings, "cohere.embed-english-v3"),
        GrowthUpstream("vertex", .vertexPredictEmbeddings, "text-embedding-005"),
    ]

    private static var compatible: UpstreamTraits {
        var traits = UpstreamTraits()
        traits.structuredOutput = .tool
        traits.takesDeveloperRole = false
        traits.replaysReasoning = .reasoningContent
        traits.takesCacheControl = true
        traits.repeatsIDs = true
        return traits
    }
}

/// The cases: every element against every upstream, in every direction.
enum GrowthCases {
    static let dialects = Dialects()
    private static let simulator = Simulator()
    private static let identity = AnswerIdentity(
        requestID: "6a204bd8-9f25-4c94-a1c6-3a3ba1a8a8b6",
        created: 1_790_000_000
    )

    static var all: [GrowthCase] {
        RequestElement.all.flatMap(cases) + AnswerElement.all.flatMap(cases)
    }

    // MARK: Requests

    private static func cases(of element: RequestElement) -> [GrowthCase] {
        var cases: [GrowthCase] = [readingCase(of: element)]
        guard let route = Dialects().route(element.client.path) else { return [] }
        for upstream in GrowthUpstream.all where dialects.canServe(route.apiType, with: upstream.target.format) {
            cases.append(translationCase(of: element, route, upstream, withholdsState: false))
            if route.apiType.wireFormat == upstream.target.format {
                cases.append(translationCase(of: element, route, upstream, withholdsState: true))
            }
            if let path = upstream.simulatorPath { cases.append(simulatorCase(of: element, route, upstream, path)) }
        }
        if element.client == .responses { cases.append(storedCase(of: element, route)) }
        return cases
    }

    private static func translationCase(
        of element: RequestElement,
        _ route: InferenceRoute,
        _ upstream: GrowthUpstream,
        withholdsState: Bool
    ) -> GrowthCase {
        var target = upstream.target
        target.withholdsState = withholdsState
        return GrowthCase(
            element: element.name,
            pair: "\(element.client.name) > \(upstream.name)",
            direction: withholdsState ? "request, repaired" : "request",
            most: element.most
        ) { count in
            let body = ByteBuffer(string: element.body(count))
            return { note { _ = try translated(body, route, target) } }
        }
    }

    private static func translated(
        _ body: ByteBuffer,
        _ route: InferenceRoute,
        _ target: TranslationTarget
    ) throws -> Translation {
        var request = dialects.open(try dialects.envelope(of: route, body: body))
        return try dialects.prepare(&request, for: target, answer: identity)
    }

    /// What is read of a request besides: whose state it holds, the session, the estimates of its tokens.
    private static func readingCase(of element: RequestElement) -> GrowthCase {
        let path = element.client.countPath ?? element.client.path
        return GrowthCase(element: element.name, pair: element.client.name, direction: "reading", most: element.most) {
            count in
            guard let route = Dialects().route(path) else { return nil }
            let body = ByteBuffer(string: element.body(count))
            return {
                note {
                    let envelope = try dialects.envelope(of: route, body: body)
                    _ = dialects.stateOrigins(in: envelope)
                    _ = dialects.compactions(in: envelope)
                    _ = dialects.session(of: envelope)
                    _ = dialects.estimatedInput(of: envelope)
                    var request = dialects.open(envelope)
                    if element.client.countPath != nil { _ = try dialects.estimatedCount(of: &request) }
                    let texts = dialects.content(of: request).filter { $0.kind != .media }
                    try dialects.replace(texts.map { ContentEdit($0, text: "") }, in: &request)
                }
            }
        }
    }

    private static func storedCase(of element: RequestElement, _ route: InferenceRoute) -> GrowthCase {
        GrowthCase(element: element.name, pair: element.client.name, direction: "stored", most: element.most) { count in
            let body = ByteBuffer(string: element.body(count))
            guard let envelope = try? dialects.envelope(of: route, body: body),
                let input = try? dialects.input(of: envelope)
            else { return nil }
            var response = ByteBuffer(string: #"{"id":"resp_1","object":"response","output":"#)
            if input.readableBytesView.first == UInt8(ascii: "[") {
                response.writeImmutableBuffer(input)
            } else {
                response.writeString("[]")
            }
            response.writeString("}")
            let exchange = StoredResponse.Exchange(input: input, response: response)
            return {
                note {
                    _ = try dialects.reference(of: envelope)
                    _ = try dialects.resume(envelope, after: exchange)
                    _ = try dialects.inputItems(of: exchange, query: "limit=100")
                }
            }
        }
    }

    /// The simulator's checks of what the translation of a request gives, and its answer.
    private static func simulatorCase(
        of element: RequestElement,
        _ route: InferenceRoute,
        _ upstream: GrowthUpstream,
        _ path: String
    ) -> GrowthCase {
        GrowthCase(
            element: element.name,
            pair: "\(element.client.name) > \(upstream.name)",
            direction: "simulator",
            most: element.most
        ) { count in
            let body = ByteBuffer(string: element.body(count))
            guard let translation = try? translated(body, route, upstream.target) else { return nil }
            var written = ByteBuffer()
            for piece in translation.body { written.writeImmutableBuffer(piece) }
            let request = HTTPRequest(
                method: .POST,
                target: path,
                headers: [
                    "authorization": "Bearer key", "x-api-key": "key", "anthropic-version": "2023-06-01",
                    "x-goog-api-key": "key", "content-type": "application/json",
                ],
                remoteAddress: "127.0.0.1",
                received: .now()
            )
            return {
                let script = simulator.script(for: request, body: written)
                return script.status == 200 ? "" : "status \(script.status)"
            }
        }
    }

    // MARK: Answers

    private static func cases(of element: AnswerElement) -> [GrowthCase] {
        Review.allCases.flatMap { cases(of: element, $0) }
    }

    /// What is made of the steps of an answer.
    private enum Review: String, CaseIterable {
        /// Nobody asks for them.
        case none = ""
        /// Each text is another.
        case edits = ", edited"
        /// Every second step is left out.
        case drops = ", thinned"
    }

    private static func cases(of element: AnswerElement, _ review: Review) -> [GrowthCase] {
        GrowthClient.all.compactMap { client in
            guard let route = Dialects().route(client.path(isStreaming: element.isStream)),
                dialects.canServe(route.apiType, with: element.upstream.target.format)
            else { return nil }
            return GrowthCase(
                element: element.name,
                pair: "\(element.upstream.name) > \(client.name)",
                direction: (element.isStream ? "stream" : "answer") + review.rawValue,
                most: element.most
            ) { count in
                let body = ByteBuffer(string: client.body(isStreaming: element.isStream, count: count))
                var target = element.upstream.target
                target.wrapsState = client.wrapsState
                target.recording = client.wrapsState ? .whole(maximumBytes: 64 << 20) : .none
                target.wantsSteps = review != .none
                guard let translation = try? translated(body, route, target) else { return nil }
                let reads = element.reads(count)
                return { note { try take(reads, translation, review) } }
            }
        }
    }

    private static func take(_ reads: [ByteBuffer], _ translation: Translation, _ review: Review) throws {
        var (response, steps) = (translation.response, translation.steps)
        func pass(_ output: ByteBuffer, isLast: Bool = false) throws {
            guard let read = try steps?.read(output, isLast: isLast) else { return }
            _ = steps?.write(review == .edits ? read.map(edited) : thinned(read))
        }
        try response.begin(UpstreamHead(status: 200, headers: [:]))
        for read in reads { try pass(response.consume(read)) }
        try pass(response.finish(), isLast: true)
        _ = steps?.finish()
    }

    private static func edited(_ step: AnswerStep) -> AnswerStep {
        var step = step
        step.text = "x"
        return step
    }

    private static func thinned(_ steps: [AnswerStep]) -> [AnswerStep] {
        steps.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    }

    /// Runs the work; the code of the error where it was refused.
    private static func note(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch let error as GatewayError {
            return "\(error.code): \(error.message.prefix(60))"
        } catch {
            return "\(error)"
        }
    }
}
