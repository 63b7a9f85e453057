// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore

// Measures what the dialects cost per call: nanoseconds on one core, the median of several rounds.
//
//     swift run -c release dialects-bench [filter] [iterations]
//
// With a number of iterations each measurement runs just as often, once: for profilers that count instructions.

let dialects = Dialects()
let filter = CommandLine.arguments.dropFirst().first ?? ""

let fixedIterations = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) }

/// A filter that ends with `$` asks for the end of the name.
func isWanted(_ name: String) -> Bool {
    filter.last == "$" ? name.hasSuffix(filter.dropLast()) : filter.isEmpty || name.contains(filter)
}

/// Runs `body` often enough to measure and prints the median time of one run.
func measure(_ name: String, iterations: Int, _ body: () throws -> Int) rethrows {
    guard isWanted(name) else { return }
    var checksum = 0
    if let fixedIterations {
        for _ in 0..<fixedIterations { checksum &+= try body() }
        return print("\(name): \(fixedIterations) times (checksum \(checksum & 0xFF))")
    }
    for _ in 0..<max(1, iterations / 10) { checksum &+= try body() }
    var rounds: [Double] = []
    let clock = ContinuousClock()
    for _ in 0..<7 {
        let start = clock.now
        for _ in 0..<iterations { checksum &+= try body() }
        let elapsed = start.duration(to: clock.now)
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        rounds.append(seconds / Double(iterations) * 1e6)
    }
    rounds.sort()
    let hundredths = Int((rounds[rounds.count / 2] * 100).rounded())
    let fraction = hundredths % 100 < 10 ? "0\(hundredths % 100)" : "\(hundredths % 100)"
    print("\(name): \(hundredths / 100).\(fraction) µs (checksum \(checksum & 0xFF))")
}

/// Translates a request and returns what answers it.
func translation(
    _ path: String,
    _ body: ByteBuffer,
    to format: WireFormat,
    model: String
) throws -> Translation {
    guard let route = dialects.route(path) else {
        throw GatewayError(.routeNotFound, path)
    }
    var request = dialects.open(try dialects.envelope(of: route, body: body))
    return try dialects.prepare(
        &request,
        for: TranslationTarget(format: format, model: model, limits: ModelLimits(), defaultMaximumOutput: 8192),
        answer: AnswerIdentity(requestID: "6a204bd8-9f25-4c94-a1c6-3a3ba1a8a8b6", created: 1_790_000_000)
    )
}

/// Feeds an answer in reads as a socket gives them.
func answer(_ reads: [ByteBuffer], _ translation: Translation) throws -> Int {
    var response = translation.response
    var count = 0
    for read in reads { count &+= try response.consume(read).readableBytes }
    count &+= try response.finish().readableBytes
    return count
}

for path in [
    "/ai-gateway/mlflow/v1/chat/completions", "/gemini/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse",
] {
    measure("route \(path)", iterations: 100_000) { dialects.route(path) == nil ? 0 : 1 }
}

let chat = "/mlflow/v1/chat/completions"
let openAI = "/openai/v1/chat/completions"
for (name, path, body, format, model) in [
    ("chat relay", chat, Samples.chatRequest, WireFormat.openAIChat, "gpt-5"),
    ("chat relay, 16 KiB", chat, Samples.request(promptBytes: 16 << 10), .openAIChat, "gpt-5"),
    ("chat relay, 1 MiB", chat, Samples.request(promptBytes: 1 << 20), .openAIChat, "gpt-5"),
    ("chat to anthropic", chat, Samples.chatRequest, .anthropicMessages, "claude"),
    ("chat to anthropic, 16 KiB", chat, Samples.request(promptBytes: 16 << 10), .anthropicMessages, "claude"),
    ("chat to gemini", chat, Samples.chatRequest, .geminiGenerateContent, "gemini"),
] where dialects.canServe(.mlflowChat, with: format) {
    try measure("request: \(name)", iterations: body.readableBytes > 100_000 ? 200 : 20_000) {
        try translation(path, body, to: format, model: model).body.reduce(0) { $0 + $1.readableBytes }
    }
}

for (name, path, request, reads, format) in [
    ("chat relay", openAI, Samples.chatRequest, [Samples.chatResponse], WireFormat.openAIChat),
    ("64-event OpenAI relay, one read per event", openAI, Samples.streamRequest, Samples.chatStream, .openAIChat),
    (
        "64-event OpenAI relay, one read", openAI, Samples.streamRequest, [Samples.joined(Samples.chatStream)],
        .openAIChat
    ),
    ("64-event MLflow relay, one read per event", chat, Samples.streamRequest, Samples.chatStream, .openAIChat),
    ("64-event MLflow relay, one read", chat, Samples.streamRequest, [Samples.joined(Samples.chatStream)], .openAIChat),
    (
        "relay of 30 KB of embeddings", "/openai/v1/embeddings", Samples.chatRequest, [Samples.embeddings],
        .openAIEmbeddings
    ),
    ("anthropic to chat", chat, Samples.chatRequest, [Samples.anthropicResponse], .anthropicMessages),
    (
        "64-event anthropic to MLflow chat, one read per event", chat, Samples.streamRequest, Samples.anthropicStream,
        .anthropicMessages
    ),
    (
        "64-event anthropic to OpenAI chat, one read per event", openAI, Samples.streamRequest, Samples.anthropicStream,
        .anthropicMessages
    ),
    (
        "64-event anthropic to OpenAI chat, one read", openAI, Samples.streamRequest,
        [Samples.joined(Samples.anthropicStream)], .anthropicMessages
    ),
    (
        "64-event gemini to OpenAI chat, one read per event", openAI, Samples.streamRequest, Samples.geminiStream,
        .geminiGenerateContent
    ),
    (
        "64-event anthropic relay, one read per event", "/anthropic/v1/messages", Samples.streamRequest,
        Samples.anthropicStream, .anthropicMessages
    ),
    (
        "64-event gemini relay, one read per event", "/gemini/v1beta/models/g:streamGenerateContent?alt=sse",
        Samples.streamRequest, Samples.geminiStream, .geminiGenerateContent
    ),
] where dialects.canServe(dialects.route(path)?.apiType ?? .mlflowChat, with: format) && isWanted(name) {
    let prepared = try translation(path, request, to: format, model: "m")
    try measure("answer: \(name)", iterations: 2_000) { try answer(reads, prepared) }
}
