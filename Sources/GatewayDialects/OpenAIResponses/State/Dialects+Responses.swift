// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

/// How requests of the Responses API refer to earlier answers.
///
/// Shapes and semantics: PyPI `openai` 3.52.0 and OpenAI's API reference (2026-11).
extension Dialects {
    package func reference(of envelope: RequestEnvelope) throws(GatewayError) -> ResponseReference {
        guard envelope.apiType.wireFormat == .openAIResponses else { return ResponseReference() }
        if let background = try envelope.member("background"), background.bool == true {
            throw .invalid(
                "background",
                "must not be true: the gateway does not run responses in the background. Stream the response."
            )
        }
        if let conversation = try envelope.member("conversation"), !conversation.isNull {
            throw .invalid(
                "conversation",
                "is not supported by the gateway. Refer to the latest response with `previous_response_id`, or send the whole conversation as `input`."
            )
        }
        // A count and a compaction are no answers that a later request can name.
        var reference = ResponseReference(isStored: envelope.apiType.operation == .generate)
        if let store = try envelope.member("store"), !store.isNull {
            guard let isStored = store.bool else { throw .invalid("store", "must be true or false.") }
            reference.isStored = reference.isStored && isStored
        }
        if let previous = try envelope.member("previous_response_id"), !previous.isNull {
            guard let id = previous.string, !id.isEmpty else {
                throw .invalid("previous_response_id", "must be the id of an earlier response, a string.")
            }
            reference.previousID = id
        }
        return reference
    }

    package func input(of envelope: RequestEnvelope) throws(GatewayError) -> ByteBuffer {
        try envelope.member("input")?.bytes ?? ByteBuffer(staticString: "[]")
    }

    package func resume(
        _ envelope: RequestEnvelope,
        after exchange: StoredResponse.Exchange
    ) throws(GatewayError) -> RequestEnvelope {
        let conversation = try StoredConversation(exchange)
        let previous = try envelope.member("previous_response_id")
        let input = try envelope.member("input")
        let document = envelope.scan.value.document
        var writer = JSONWriter(
            into: ByteBufferAllocator().buffer(
                capacity: exchange.input.readableBytes + exchange.response.readableBytes + document.readableBytes + 64
            )
        )
        writer.array { writer in
            conversation.forEachItem { writer.value($0) }
            StoredConversation.forEachItem(of: input) { writer.value($0) }
        }
        var edits: [JSONSplice.Edit] = []
        if let input {
            edits.append(JSONSplice.Edit(input.range, with: writer.buffer))
        } else {
            var member = ByteBuffer(staticString: envelope.scan.isEmpty ? #""input":"# : #","input":"#)
            member.writeImmutableBuffer(writer.buffer)
            edits.append(JSONSplice.Edit(envelope.scan.closingBrace..<envelope.scan.closingBrace, with: member))
        }
        if let previous { edits.append(JSONSplice.Edit(previous.range, with: ByteBuffer(staticString: "null"))) }
        edits.sort { $0.range.lowerBound < $1.range.lowerBound }
        let scan: JSONScan
        do throws(JSONError) {
            scan = try JSONScan(JSONSplice.apply(edits, to: document), watching: .references)
        } catch {
            throw .invalidJSON(error, parameter: "previous_response_id")
        }
        var resumed = try envelope.with(scan)
        resumed.previousResponseID = previous?.string
        return resumed
    }

    package func compactions(in envelope: RequestEnvelope) -> [CompactedTurns] {
        guard envelope.apiType.wireFormat == .openAIResponses,
            envelope.scan.value.document.contains(OpaqueState.prefix),
            let items = envelope.scan.value["input"]?.array
        else { return [] }
        var found: [CompactedTurns] = []
        for (index, item) in items.enumerated() {
            guard let type = item["type"]?.text, type == "compaction" || type == "compaction_summary",
                let content = item["encrypted_content"]?.text, content.hasPrefix(OpaqueState.prefix)
            else { continue }
            // With a stored conversation before it, the client's own input begins elsewhere.
            let path = envelope.previousResponseID == nil ? "input[\(index)]" : "input"
            found.append(CompactedTurns(path: path, origin: OpaqueState(wrapped: content)?.origin))
        }
        return found
    }

    package func inputItems(
        of exchange: StoredResponse.Exchange,
        query: Substring
    ) throws(GatewayError) -> ByteBuffer {
        try InputItemsPage(query: query).write(StoredConversation(exchange))
    }

    package func deletion(of id: String) -> ByteBuffer {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", id)
            writer.member("object", "response")
            writer.member("deleted", true)
        }
        return writer.buffer
    }

    package func makeStoredRelay(wrapping origin: StateOrigin?, isStreaming: Bool) -> any ResponseTransform {
        guard let origin else { return PassThrough() }
        // The wrapping looks at whole events, which a relay of nothing but bytes does not give.
        let inner: any ResponseTransform =
            isStreaming
            ? StreamRelay(ResponsesObserver(), dialect: OpenAIResponses(), requestID: "") : PassThrough()
        return StateWrapping(inner, origin: origin, isStreaming: isStreaming)
    }

    package func makeStoredSteps(isStreaming: Bool) -> (any AnswerStepCodec)? {
        let outline = OpenAIResponses().makeOutline()
        return isStreaming ? StreamSteps(outline, isArray: false) : BodySteps(outline)
    }

    /// Adds what comes after the transform of an answer: state that is wrapped, steps for whoever looks at them, an answer that is recorded.
    func complete(_ translation: inout Translation, of envelope: RequestEnvelope, _ target: TranslationTarget) {
        let isStreaming = envelope.isStreaming
        if target.wantsSteps, let dialect = dialect(envelope.apiType.wireFormat) {
            translation.steps =
                isStreaming
                ? StreamSteps(dialect.makeOutline(), isArray: !envelope.wantsServerSentEvents)
                : BodySteps(dialect.makeOutline())
        }
        guard envelope.apiType.wireFormat == .openAIResponses, envelope.apiType.operation != .countTokens else {
            return
        }
        if target.wrapsState, target.format == .openAIResponses {
            translation.response = StateWrapping(translation.response, origin: target.origin, isStreaming: isStreaming)
        }
        guard target.recording != .none else { return }
        if translation.steps == nil {
            translation.response = RecordingTransform(translation.response, target.recording, isStreaming: isStreaming)
        } else {
            translation.recorder = RecordingTransform(Unchanged(), target.recording, isStreaming: isStreaming)
        }
    }
}

/// Passes bytes on.
private struct Unchanged: ResponseTransform {
    let observation = ResponseObservation()
    var contentType: String? { nil }
    var keepsLength: Bool { true }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer { bytes }
    mutating func finish() throws(GatewayError) -> ByteBuffer { ByteBuffer() }
    mutating func fail(_ error: GatewayError) -> ByteBuffer { ByteBuffer() }
}
