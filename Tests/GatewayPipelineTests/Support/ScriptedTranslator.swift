// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore

/// A translator whose wire is plain words: each is a step of the answer.
///
/// Words of an answer, each ended by a space: `overloaded` is an error that the upstream reports, `bad` breaks the format, `usage` reports tokens, `end` is the
/// terminal event; `whole`, the first, keeps all of the answer back until it has ended; all others are content. A member `parts` of the request says how many requests it becomes.
struct ScriptedTranslator: Translator {
    let apiTypes = Dialects().apiTypes

    func route(_ target: String) -> InferenceRoute? {
        if target.hasPrefix("/chat") { return InferenceRoute(kind: .api(.openAIChat)) }
        if target.hasPrefix("/embeddings") { return InferenceRoute(kind: .api(.openAIEmbeddings)) }
        if target.hasPrefix("/count") { return InferenceRoute(kind: .api(.openAIInputTokens)) }
        guard target.hasPrefix("/responses") else { return nil }
        let path = target.prefix { $0 != "?" }.split(separator: "/")
        guard path.count > 1 else { return InferenceRoute(kind: .api(.openAIResponses)) }
        return InferenceRoute(
            kind: .response(.openAIResponses, id: String(path[1]), path.count > 2 ? .inputItems : .whole)
        )
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

    func traits(of apiType: APIType) -> ClientTraits {
        ClientTraits(refersToAnswers: apiType.wireFormat == .openAIResponses)
    }

    func canServe(_ apiType: APIType, with format: WireFormat) -> Bool {
        apiType.wireFormat == .openAIChat && format == .anthropicMessages
            || apiType.wireFormat == .openAIResponses && format == .openAIChat
    }

    func prepare(
        _ request: inout OpenedRequest,
        for target: TranslationTarget,
        answer: AnswerIdentity
    ) throws(GatewayError) -> Translation {
        let envelope = request.envelope
        let withholds = target.withholdsState && envelope.scan.value["state"] != nil
        var translation = Translation(
            body: [
                ByteBuffer(string: target.model),
                ByteBuffer(
                    string: (envelope.scan.value["input"]?.string.map { " \($0)" } ?? "")
                        + (withholds ? " repaired" : "")
                ),
            ],
            isStreaming: envelope.isStreaming,
            response: Words(isStreaming: envelope.isStreaming, recording: target.recording)
        )
        for part in 1..<max(1, envelope.scan.value["parts"]?.int ?? 1) {
            translation.earlierBodies.append([ByteBuffer(string: "\(target.model) part \(part)")])
        }
        translation.withheldState = withholds
        return translation
    }

    func estimatedInput(of envelope: RequestEnvelope) -> Int {
        TokenUsage.estimate(textBytes: envelope.scan.value.range.count)
    }

    func estimatedCount(of request: inout OpenedRequest) throws(GatewayError) -> ByteBuffer {
        ByteBuffer(string: "\(estimatedInput(of: request.envelope))")
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

    func refusesState(_ error: GatewayError, from format: WireFormat) -> Bool { error.message == "bad state" }

    func errorBody(_ error: GatewayError, for apiType: APIType?, requestID: String) -> ByteBuffer {
        ByteBuffer(string: "error: \(error.message)")
    }

    // MARK: Earlier answers, in the APIs of the fake wire: `previous`, `unstored` and `origin` are members of the body.

    func reference(of envelope: RequestEnvelope) throws(GatewayError) -> ResponseReference {
        ResponseReference(
            previousID: envelope.scan.value["previous"]?.string,
            isStored: envelope.scan.value["unstored"] == nil
        )
    }

    func resume(
        _ envelope: RequestEnvelope,
        after exchange: StoredResponse.Exchange
    ) throws(GatewayError) -> RequestEnvelope {
        let text = String(buffer: exchange.input) + String(buffer: exchange.response)
        let body = JSONValue { writer in
            writer.object { writer in
                writer.member("model", envelope.model)
                writer.member("input", text + (envelope.scan.value["input"]?.string ?? ""))
            }
        }
        guard let scan = try? JSONScan(body.bytes) else { throw GatewayError(.internalFailure, "no body") }
        return RequestEnvelope(
            apiType: envelope.apiType,
            scan: scan,
            model: envelope.model,
            modelValue: nil,
            isStreaming: envelope.isStreaming
        )
    }

    func input(of envelope: RequestEnvelope) throws(GatewayError) -> ByteBuffer {
        envelope.scan.value["input"]?.bytes ?? ByteBuffer()
    }

    func inputItems(of exchange: StoredResponse.Exchange, query: Substring) throws(GatewayError) -> ByteBuffer {
        ByteBuffer(string: "items \(query): \(String(buffer: exchange.input))")
    }

    func deletion(of id: String) -> ByteBuffer { ByteBuffer(string: "deleted \(id)") }

    func makeStoredRelay(wrapping origin: StateOrigin?, isStreaming: Bool) -> any ResponseTransform {
        Words(isStreaming: isStreaming, observation: ResponseObservation())
    }

    func stateOrigins(in envelope: RequestEnvelope) -> [StateOrigin] {
        envelope.scan.value["origin"]?.string.map { [StateOrigin(service: "test.providers.\($0)", model: $0)] } ?? []
    }

    /// The member `compacted` lists who compacted turns of the request.
    func compactions(in envelope: RequestEnvelope) -> [CompactedTurns] {
        (envelope.scan.value["compacted"]?.array ?? nil).map(Array.init)?.enumerated().map { index, name in
            let origin = name.string.map { StateOrigin(service: "test.providers.\($0)", model: $0) }
            return CompactedTurns(path: "input[\(index)]", origin: origin)
        } ?? []
    }

    func session(of envelope: RequestEnvelope) -> String? { envelope.scan.value["session"]?.string }

    private struct Words: ResponseTransform {
        let isStreaming: Bool
        var recording = ResponseRecording.none
        var observation = ResponseObservation()
        /// All words so far, for an answer that is recorded: its id is `resp_` and the first of them.
        var words: [Substring] = []
        var held = ByteBuffer()
        var contentType: String? { isStreaming ? "text/event-stream" : nil }
        var keepsLength: Bool { false }

        mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
            for word in String(buffer: bytes).split(separator: " ") {
                words.append(word)
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
            guard words.first == "whole" else { return bytes }
            held.writeImmutableBuffer(bytes)
            return ByteBuffer()
        }

        mutating func finish() throws(GatewayError) -> ByteBuffer {
            guard observation.isComplete || observation.error != nil else {
                throw GatewayError(.upstreamUnavailable, "not complete")
            }
            return held
        }

        var recorded: RecordedResponse? {
            guard let first = words.first else { return nil }
            let body = ByteBuffer(string: words.joined(separator: " "))
            switch recording {
            case .none: return nil
            case .identifier: return RecordedResponse(id: "resp_\(first)")
            case .whole(let maximum):
                let fits = body.readableBytes <= maximum
                return RecordedResponse(id: "resp_\(first)", body: fits ? body : nil, bytes: body.readableBytes)
            }
        }

        mutating func fail(_ error: GatewayError) -> ByteBuffer { ByteBuffer(string: "event: error \(error.message)") }
    }
}
