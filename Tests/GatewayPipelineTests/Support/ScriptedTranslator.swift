// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// A translator whose wire is plain words: each is a step of the answer.
///
/// Words of an answer, each ended by a space: `overloaded` is an error that the upstream reports, `bad` breaks the format, `usage` reports tokens, `end` is the
/// terminal event; all others are content.
struct ScriptedTranslator: Translator {
    func route(_ target: String) -> InferenceRoute? {
        target.hasPrefix("/chat") ? InferenceRoute(kind: .api(.openAIChat)) : nil
    }

    func envelope(of route: InferenceRoute, body: ByteBuffer) throws(GatewayError) -> RequestEnvelope {
        let scan: JSONScan
        do throws(JSONError) {
            scan = try JSONScan(body)
        } catch {
            throw GatewayError(.invalidRequest, "\(error)")
        }
        guard let model = try? scan.unique("model")?.text?.string else {
            throw GatewayError(.invalidRequest, "no model")
        }
        return RequestEnvelope(
            apiType: route.apiType,
            scan: scan,
            model: model,
            modelValue: nil,
            isStreaming: (try? scan.unique("stream")) != nil
        )
    }

    func canServe(_ apiType: APIType, with format: WireFormat) -> Bool {
        apiType.wireFormat == .openAIChat && format == .anthropicMessages
    }

    func translate(
        _ envelope: RequestEnvelope,
        to target: TranslationTarget,
        answer: AnswerIdentity
    ) throws(GatewayError) -> Translation {
        Translation(
            body: [ByteBuffer(string: target.model)],
            isStreaming: envelope.isStreaming,
            response: Words(isStreaming: envelope.isStreaming)
        )
    }

    func estimatedInput(of envelope: RequestEnvelope) -> Int {
        TokenUsage.estimate(textBytes: envelope.scan.value.range.count)
    }

    func estimatedCount(of envelope: RequestEnvelope) throws(GatewayError) -> ByteBuffer {
        ByteBuffer(string: "\(estimatedInput(of: envelope))")
    }

    func upstreamError(
        _ format: WireFormat,
        status: Int,
        body: ByteBuffer,
        retryAfter: String?,
        provider: String
    ) -> GatewayError {
        switch status {
        case 429: GatewayError(.limitExceeded, "slow down", retryAfter: retryAfter)
        case 500...: GatewayError(.upstreamUnavailable, "failed", status: status)
        default: GatewayError(.upstreamRefused, String(buffer: body), status: status)
        }
    }

    func errorBody(_ error: GatewayError, for apiType: APIType?, requestID: String) -> ByteBuffer {
        ByteBuffer(string: "error: \(error.message)")
    }

    private struct Words: ResponseTransform {
        let isStreaming: Bool
        var observation = ResponseObservation()
        var held = ByteBuffer()
        var contentType: String? { isStreaming ? "text/event-stream" : nil }
        var keepsLength: Bool { false }

        mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
            for word in String(buffer: bytes).split(separator: " ") {
                switch word {
                case "overloaded": observation.error = GatewayError(.upstreamUnavailable, "overloaded", status: 529)
                case "bad": throw GatewayError(.upstreamUnavailable, "not the format")
                case "usage": observation.usage = TokenUsage(uncachedInput: 7, output: 9)
                case "end": observation.isComplete = true
                default:
                    observation.hasContent = true
                    observation.contentBytes += word.utf8.count
                }
            }
            return bytes
        }

        mutating func finish() throws(GatewayError) -> ByteBuffer {
            guard observation.isComplete || observation.error != nil else {
                throw GatewayError(.upstreamUnavailable, "not complete")
            }
            return ByteBuffer()
        }

        mutating func fail(_ error: GatewayError) -> ByteBuffer { ByteBuffer(string: "event: error \(error.message)") }
    }
}
