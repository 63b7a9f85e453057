// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import MadeUpDialects
import NIOCore

/// One call through the dialects, as the pipeline makes it.
enum Calls {
    static let identity = AnswerIdentity(requestID: "6a204bd8-9f25-4c94-a1c6-3a3ba1a8a8b6", created: 1_790_000_000)

    /// Every dialect, and two that no source file knows.
    static let dialects = Dialects(Dialects.all + [Parley(), Oracle()])

    static func envelope(_ path: String, _ body: ByteBuffer) throws(GatewayError) -> RequestEnvelope {
        guard let route = dialects.route(path) else { throw GatewayError(.routeNotFound, path) }
        return try dialects.envelope(of: route, body: body)
    }

    static func translate(
        _ path: String,
        _ body: ByteBuffer,
        to format: WireFormat,
        model: String = "upstream-model",
        limits: ModelLimits = ModelLimits(),
        defaultMaximumOutput: Int = 8192
    ) throws(GatewayError) -> Translation {
        try Dialects().translate(
            envelope(path, body),
            to: TranslationTarget(
                format: format,
                model: model,
                limits: limits,
                defaultMaximumOutput: defaultMaximumOutput
            ),
            answer: identity
        )
    }

    static func translate(
        _ path: String,
        _ body: String,
        to format: WireFormat,
        model: String = "upstream-model"
    ) throws(GatewayError) -> Translation {
        try translate(path, ByteBuffer(string: body), to: format, model: model)
    }

    static let chatPath = "/openai/v1/chat/completions"
    static let responsesPath = "/openai/v1/responses"
    static let mlflowPath = "/ai-gateway/mlflow/v1/chat/completions"

    /// A chat request that streams, with the given members after its messages.
    static func streamingChat(_ members: String = "") -> String {
        #"{"model":"m","messages":[{"role":"user","content":"Hello there"}],"stream":true\#(members)}"#
    }
}

extension Dialects {
    /// Opens a request and makes it ready for one target.
    func translate(
        _ envelope: RequestEnvelope,
        to target: TranslationTarget,
        answer: AnswerIdentity
    ) throws(GatewayError) -> Translation {
        var request = open(envelope)
        return try prepare(&request, for: target, answer: answer)
    }
}

/// What came out of a transform.
struct Outcome: Equatable {
    var output: String
    var observation: ResponseObservation
    /// What `finish()` or `consume(_:)` threw.
    var error: GatewayError?
}

/// How an answer's bytes arrive.
enum Cut: CustomStringConvertible {
    case whole
    /// In pieces of this size.
    case every(Int)
    /// In two pieces, the first of this size.
    case at(Int)

    var description: String {
        switch self {
        case .whole: "whole"
        case .every(let size): "in pieces of \(size)"
        case .at(let position): "cut at \(position)"
        }
    }

    /// The pieces in buffers of their own, as reads from a socket are.
    func pieces(of bytes: ByteBuffer) -> [ByteBuffer] {
        let view = bytes.readableBytesView
        switch self {
        case .whole: return [bytes]
        case .every(let size):
            return stride(from: view.startIndex, to: view.endIndex, by: size).map {
                ByteBuffer(bytes: view[$0..<min($0 + size, view.endIndex)])
            }
        case .at(let position):
            let middle = view.startIndex + position
            return [ByteBuffer(bytes: view[..<middle]), ByteBuffer(bytes: view[middle...])]
        }
    }

    /// Whole, byte by byte, in some odd sizes, and cut at every boundary.
    static func all(of bytes: ByteBuffer) -> [Cut] {
        [.whole, .every(1), .every(2), .every(3), .every(7), .every(64)]
            + (0...bytes.readableBytes).map { .at($0) }
    }
}

extension ResponseTransform {
    /// Feeds the bytes and the end of the body.
    func run(_ bytes: ByteBuffer, _ cut: Cut = .whole) -> Outcome {
        var transform = self
        var output = ByteBuffer()
        var thrown: GatewayError?
        do throws(GatewayError) {
            for piece in cut.pieces(of: bytes) { output.writeImmutableBuffer(try transform.consume(piece)) }
            output.writeImmutableBuffer(try transform.finish())
        } catch {
            thrown = error
        }
        return Outcome(output: String(buffer: output), observation: transform.observation, error: thrown)
    }
}

/// The data of the events in a stream, without `[DONE]`.
func eventData(_ stream: String) -> [String] {
    stream.split(separator: "\n\n").compactMap { event in
        let lines = event.split(separator: "\n").filter { $0.hasPrefix("data: ") }
        guard let line = lines.first, line != "data: [DONE]" else { return nil }
        return String(line.dropFirst(6))
    }
}
