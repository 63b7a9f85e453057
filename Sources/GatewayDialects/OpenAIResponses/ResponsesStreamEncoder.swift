// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Writes the events of a Responses stream, and keeps the items for the copy of the whole answer in the last one.
///
/// Thoughts of every vendor are written as summaries: clients send those back as they are, while Codex leaves out `reasoning_text`, and a signature without the
/// text that it proves is refused (reasoning-03, reasoning-05). A state that belongs to a text follows it as a reasoning item without words.
struct ResponsesStreamEncoder: StreamEncoder {
    /// The most that is kept of an answer, in bytes.
    private static let maximumOutput = 32 << 20

    let answer: AnswerContext
    /// False where only the whole answer is wanted.
    let writesEvents: Bool
    /// Whether a piece of text waits for its log probabilities, which come after it.
    let awaitsLogprobs: Bool
    var object: ResponseObject?
    private var sequence = 0
    /// The items that have ended, as an array that is still open.
    var items = ByteBuffer(staticString: "[")
    var itemCount = 0
    var item: ResponsesItem?
    /// What a delta of the open part begins with.
    var deltaPrefix = ByteBuffer()
    var waiting: JSONString?
    /// The state of a text, until its message has ended.
    var textState: OpaqueState?
    private var usage = TokenUsage()
    private var finishReason: FinishReason?
    /// Whether a refusal stands in the answer.
    var hasRefused = false
    private var isOver = false

    init(_ answer: AnswerContext, writesEvents: Bool = true) {
        self.answer = answer
        self.writesEvents = writesEvents
        let include = (try? answer.request?.unique("include"))?.array
        awaitsLogprobs = include?.contains { $0.text.map { $0 == "message.output_text.logprobs" } ?? false } ?? false
    }

    mutating func encode(_ event: ModelEvent, into output: inout ByteBuffer) {
        guard !isOver else { return }
        if case .logprobs(0, let value) = event { return write(logprobs: value, into: &output) }
        flush(logprobs: nil, into: &output)
        switch event {
        case .start(let id, let model): start(id: id, model: model, into: &output)
        case .partStart(0, let kind): startPart(kind, into: &output)
        case .text(0, let text): write(text: text, into: &output)
        case .reasoning(0, let text): write(thought: text, into: &output)
        case .reasoningBreak(0): endPart(into: &output)
        case .toolArguments(0, let text): write(arguments: text, into: &output)
        case .state(0, let state): keep(state)
        case .citation(0, let citation): write(citation, into: &output)
        case .partEnd(0): endOfPart(into: &output)
        case .finish(0, let reason): finishReason = reason
        case .usage(let report): usage.merge(report)
        case .end: end(into: &output)
        default: break  // Other candidates: this format has one.
        }
        if (item?.byteCount ?? 0) + items.readableBytes > Self.maximumOutput, !isOver {
            let error = GatewayError(.upstreamUnavailable, "The response is larger than the gateway accepts.")
            _ = encodeFailure(error, into: &output)
        }
    }

    mutating func encodeFailure(_ error: GatewayError, into output: inout ByteBuffer) -> Bool {
        guard !isOver else { return true }
        flush(logprobs: nil, into: &output)
        start(id: nil, model: nil, into: &output)
        // What is open is left out: a client would run half a call.
        write("response.failed", .failed(error), into: &output)
        isOver = true
        if writesEvents { OpenAIResponses.writeError(error, sequence: sequence, into: &output) }
        return true
    }

    /// Writes the answer that the events so far add up to.
    func writeResponse(serviceTier: StaticString?, into writer: inout JSONWriter) {
        let object = object ?? ResponseObject(id: nil, model: nil, answer)
        object.write(status, output: closedItems, usage: usage, serviceTier: serviceTier, into: &writer)
    }

    // MARK: The answer

    mutating func start(id: JSONString?, model: JSONString?, into output: inout ByteBuffer) {
        guard object == nil else { return }
        object = ResponseObject(id: id, model: model, answer)
        write("response.created", .inProgress, into: &output)
        write("response.in_progress", .inProgress, into: &output)
    }

    private mutating func end(into output: inout ByteBuffer) {
        start(id: nil, model: nil, into: &output)
        endItem(into: &output)
        var name: StaticString = "response.completed"
        if case .incomplete = status { name = "response.incomplete" }
        write(name, status, into: &output)
        isOver = true
    }

    /// A refusal that the model put into words is a complete answer.
    private var status: ResponseObject.Status {
        switch finishReason {
        // An end that nobody knows is not a good one.
        case .length, .other: .incomplete("max_output_tokens")
        case .contentFilter: .incomplete("content_filter")
        case .refusal where !hasRefused: .incomplete("content_filter")
        default: .completed
        }
    }

    private var closedItems: ByteBuffer {
        var array = items
        array.writeStaticString("]")
        return array
    }

    mutating func write(_ name: StaticString, _ status: ResponseObject.Status, into output: inout ByteBuffer) {
        guard let object else { return }
        let (items, usage) = (closedItems, usage)
        var isRunning = false
        if case .inProgress = status { isRunning = true }
        event(name, into: &output) { writer in
            writer.key("response")
            object.write(status, output: items, usage: isRunning ? nil : usage, into: &writer)
        }
    }

    // MARK: Items

    mutating func startItem(_ kind: ResponsesItem.Kind, id: JSONString, into output: inout ByteBuffer) {
        endItem(into: &output)
        let item = ResponsesItem(kind, id: id)
        self.item = item
        if case .clientRunCall = kind { return }
        let index = itemCount
        event("response.output_item.added", into: &output) { writer in
            writer.member("output_index", index)
            writer.key("item")
            item.write(isDone: false, into: &writer)
        }
    }

    mutating func endItem(into output: inout ByteBuffer) {
        endPart(into: &output)
        if let item {
            self.item = nil
            append(item, into: &output)
        }
        guard let state = textState else { return }
        textState = nil
        var carrier = ResponsesItem(.reasoning, id: id("rs"))
        carrier.state = state
        append(carrier, isNew: true, into: &output)
    }

    /// Writes the end of an item, and its beginning where it was not told yet.
    mutating func append(_ item: ResponsesItem, isNew: Bool = false, into output: inout ByteBuffer) {
        var written = JSONWriter(capacity: item.byteCount + 256)
        item.write(isDone: true, into: &written)
        var isNew = isNew
        if case .clientRunCall = item.kind { isNew = true }
        append(written.buffer, isNew: isNew, into: &output)
    }

    mutating func append(_ item: ByteBuffer, isNew: Bool, into output: inout ByteBuffer) {
        let index = itemCount
        for name in isNew
            ? ["response.output_item.added", "response.output_item.done"] as [StaticString]
            : ["response.output_item.done"]
        {
            event(name, into: &output) { writer in
                writer.member("output_index", index)
                writer.key("item")
                writer.raw(item)
            }
        }
        if itemCount > 0 { items.writeStaticString(",") }
        items.writeImmutableBuffer(item)
        itemCount += 1
    }

    /// An id for the next item, at most 64 characters.
    func id(_ prefix: StaticString) -> JSONString {
        JSONString("\(prefix)_\(ResponseObject.root(of: answer))_\(itemCount)")
    }

    // MARK: Events

    mutating func event(
        _ name: StaticString,
        into output: inout ByteBuffer,
        _ members: (inout JSONWriter) -> Void
    ) {
        defer { sequence += 1 }
        guard writesEvents else { return }
        let sequence = sequence
        EventWriter.write(name: name, into: &output) { writer in
            writer.beginObject()
            writer.member("type", name)
            writer.member("sequence_number", sequence)
            members(&writer)
            writer.endObject()
        }
    }

    /// Writes an event about a place in the open item.
    mutating func place(
        _ name: StaticString,
        _ index: StaticString?,
        into output: inout ByteBuffer,
        _ members: (inout JSONWriter) -> Void
    ) {
        guard let item else { return }
        let itemCount = itemCount
        event(name, into: &output) { writer in
            writer.member("item_id", item.id)
            writer.member("output_index", itemCount)
            if let index { writer.member(index, item.partCount) }
            members(&writer)
        }
    }

    /// Writes an event that shows the open part.
    mutating func part(_ name: StaticString, _ index: StaticString, into output: inout ByteBuffer) {
        guard let open = item?.part else { return }
        place(name, index, into: &output) { writer in
            writer.key("part")
            open.write(into: &writer)
        }
    }

    mutating func makeDeltaPrefix(_ name: StaticString, _ index: StaticString?) {
        guard let item, writesEvents else { return }
        deltaPrefix.clear()
        deltaPrefix.writeStaticString("event: ")
        deltaPrefix.writeStaticString(name)
        deltaPrefix.writeStaticString("\ndata: {\"type\":\"")
        deltaPrefix.writeStaticString(name)
        deltaPrefix.writeStaticString(#"","item_id":""#)
        deltaPrefix.writeJSONText(item.id)
        deltaPrefix.writeStaticString(#"","output_index":"#)
        deltaPrefix.writeDecimal(itemCount)
        if let index {
            deltaPrefix.writeStaticString(",\"")
            deltaPrefix.writeStaticString(index)
            deltaPrefix.writeStaticString("\":")
            deltaPrefix.writeDecimal(item.partCount)
        }
        deltaPrefix.writeStaticString(#","delta":""#)
    }

    mutating func delta(_ text: JSONString, _ rest: StaticString, into output: inout ByteBuffer) {
        guard writesEvents else { return }
        output.writeImmutableBuffer(deltaPrefix)
        output.writeJSONText(text)
        output.writeStaticString(rest)
        endDelta(into: &output)
    }

    mutating func endDelta(into output: inout ByteBuffer) {
        output.writeDecimal(sequence)
        output.writeStaticString("}\n\n")
        sequence += 1
    }
}
