// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayDialects
package import GatewayJSON
package import NIOCore

extension APIType {
    package static let parley = APIType("parley/v1/talk", .parley)
}

extension WireFormat {
    package static let parley = WireFormat("parley/v1/talk")
}

/// A client API that nobody else speaks: `{"model":"m","lines":["…"]}` is answered by `{"line":"…","spent":[in, out]}`.
///
/// Events of a stream are `{"bit":"…"}`, at last `{"spent":[in, out]}`. It lives in the tests alone: all that a dialect is fits into its own folder.
package struct Parley: ClientDialect {
    package init() {}

    package var format: WireFormat { .parley }

    package var endpoints: [Endpoint] {
        let family = Endpoint.Family("/parley", versions: ["/v1", "/v2"])
        var named = Endpoint(family, "/with/{model}", .parley)
        named.isAlias = true
        return [Endpoint(family, "/talk", .parley), named]
    }

    package var modelLists: [any ModelListFormat] { [ParleyModelList()] }
    package var fieldNames: ClientFieldNames { ClientFieldNames(conversation: "lines") }
    package var clientTraits: ClientTraits { ClientTraits(requestIDHeaders: ["parley-id"]) }
    package var content: ContentTable { ContentTable(["lines": .text(.userText)]) }

    package func session(of envelope: RequestEnvelope) -> String? { envelope.scan.value["table"]?.string }

    package func decodeRequest(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest {
        var request = ModelRequest(model: envelope.model)
        request.isStreaming = envelope.isStreaming
        request.includesUsage = true
        guard let lines = envelope.scan.value["lines"]?.array else {
            throw GatewayError(.invalidRequest, "The request body needs 'lines'.", parameter: "lines")
        }
        request.messages = lines.compactMap(\.text).map { Message(role: .user, parts: [.text($0)]) }
        return request
    }

    package func writeResponse(_ response: ModelResponse, for answer: AnswerContext, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("line")
        writer.beginString()
        for part in response.candidates.first?.parts ?? [] {
            if case .text(let text) = part.content { writer.appendString(text) }
        }
        writer.endString()
        Self.write(response.usage, into: &writer)
        writer.endObject()
    }

    package func makeStreamEncoder(for answer: AnswerContext) -> any StreamEncoder { ParleyStreamEncoder() }

    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        guard relay.isStreaming else { return WholeRelay(usageMember: "spent", Self.usage) }
        return StreamRelay(ParleyObserver(), dialect: self, requestID: relay.requestID)
    }

    package func makeOutline() -> any AnswerOutline { ParleyOutline() }

    package var promptFields: PromptFields { PromptFields(content: ["lines"]) }

    package func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning) {
        guard meaning == .contextTooLong else { return }
        error.status = 422
        error.message = "Too long a talk: \(error.message)"
    }

    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSON { writer in
            writer.beginObject()
            writer.member("hush", error.message)
            writer.member("error_code", "\(error.code)")
            writer.member("message", error.message)
            writer.endObject()
        }
        return buffer
    }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        var event = ByteBuffer(string: "data: ")
        event.writeImmutableBuffer(encodeError(error, requestID: requestID))
        event.writeString("\n\n")
        return event
    }

    package static func usage(_ spent: JSONValue) -> TokenUsage {
        let counts = spent.array?.compactMap(\.int) ?? []
        return TokenUsage(uncachedInput: counts.first, output: counts.last)
    }

    package static func write(_ usage: TokenUsage, into writer: inout JSONWriter) {
        writer.key("spent")
        writer.beginArray()
        writer.int(usage.totalInput)
        writer.int(usage.output ?? 0)
        writer.endArray()
    }
}

private struct ParleyStreamEncoder: StreamEncoder {
    private var usage = TokenUsage()

    mutating func encode(_ event: ModelEvent, into output: inout ByteBuffer) {
        switch event {
        case .text(_, let text):
            write(&output) { writer in writer.member("bit", text) }
        case .usage(let report): usage.merge(report)
        case .end:
            let usage = usage
            write(&output) { writer in Parley.write(usage, into: &writer) }
        default: break
        }
    }

    private func write(_ output: inout ByteBuffer, _ fields: (inout JSONWriter) -> Void) {
        output.writeString("data: ")
        output.writeJSON { writer in
            writer.beginObject()
            fields(&writer)
            writer.endObject()
        }
        output.writeString("\n\n")
    }
}

private struct ParleyObserver: StreamObserver {
    func observe(_ event: ObservedEvent, _ observation: inout ResponseObservation) -> EventDisposition {
        guard let value = try? JSONValue(validating: ByteBuffer(bytes: event.data)) else { return .forward }
        if value["bit"] != nil { observation.hasContent = true }
        if let spent = value["spent"] {
            observation.usage = Parley.usage(spent)
            observation.isComplete = true
        }
        return .forward
    }
}

private struct ParleyOutline: AnswerOutline {
    mutating func read(_ value: JSONValue) -> OutlinedEvent.Outline {
        var found = OutlinedEvent.Outline()
        if let text = value["bit"] ?? value["line"] { found.pieces.append(AnswerPiece(.text, part: 0, value: text)) }
        if value["spent"] != nil { found.pieces.append(AnswerPiece(.usage)) }
        return found
    }
}

private struct ParleyModelList: ModelListFormat {
    var paths: [String] { ["parley/guests"] }
    var apiTypes: [APIType] { [.parley] }

    func write(_ models: [ListedModel], _ query: ModelListQuery, into writer: inout JSONWriter) {
        writer.beginArray()
        for model in models { write(model, into: &writer) }
        writer.endArray()
    }

    func write(_ model: ListedModel, into writer: inout JSONWriter) { writer.string(model.name) }
}
