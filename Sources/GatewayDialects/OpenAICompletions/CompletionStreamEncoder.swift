// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Writes the chunks of a completion: texts, and words for media and calls, which have no place in them.
struct CompletionStreamEncoder: StreamEncoder {
    private let answer: AnswerContext
    private let echo: JSONString?
    /// The beginning of every chunk, up to its choices.
    private var prefix = ByteBuffer()
    /// The candidates that have begun, and those that have finished.
    private var begun: Set<Int> = []
    private var finished: Set<Int> = []
    private var usage = TokenUsage()
    private var contentBytes = 0

    init(_ answer: AnswerContext) {
        self.answer = answer
        echo = OpenAICompletions.echo(answer)
    }

    mutating func encode(_ event: ModelEvent, into output: inout ByteBuffer) {
        switch event {
        case .start(let id, let model):
            if prefix.readableBytes == 0 { makePrefix(id: id, model: model) }
        case .text(let index, let text): write(text, index, into: &output)
        case .partStart(let index, .media(let media)): write(media.words, index, into: &output)
        case .partStart(let index, .toolCall(let call, _)):
            write(OpenAICompletions.words(for: call), index, into: &output)
        case .usage(let report): usage.merge(report)
        case .finish(let index, let reason):
            guard finished.insert(index).inserted else { return }
            begin(index, into: &output)
            write("", index, OpenAICompletions.name(of: reason), into: &output)
        case .end: end(into: &output)
        default: break
        }
    }

    private mutating func write(_ text: JSONString, _ index: Int, into output: inout ByteBuffer) {
        guard !text.isEmpty else { return }
        contentBytes &+= text.utf8Count
        begin(index, into: &output)
        write(text, index, nil, into: &output)
    }

    /// Gives the prompt back before the first piece of a candidate, where the client wants it.
    private mutating func begin(_ index: Int, into output: inout ByteBuffer) {
        guard begun.insert(index).inserted, let echo else { return }
        write(echo, index, nil, into: &output)
    }

    private mutating func write(
        _ text: JSONString,
        _ index: Int,
        _ reason: StaticString?,
        into output: inout ByteBuffer
    ) {
        if prefix.readableBytes == 0 { makePrefix(id: nil, model: nil) }
        output.writeImmutableBuffer(prefix)
        output.writeStaticString(#","choices":[{"text":""#)
        output.writeJSONText(text)
        output.writeStaticString(#"","index":"#)
        output.writeDecimal(index)
        output.writeStaticString(#","logprobs":null,"finish_reason":"#)
        if let reason {
            output.writeStaticString("\"")
            output.writeStaticString(reason)
            output.writeStaticString("\"")
        } else {
            output.writeStaticString("null")
        }
        output.writeStaticString("}]")
        if answer.includesUsage { output.writeStaticString(#","usage":null"#) }
        output.writeStaticString("}\n\n")
    }

    private mutating func end(into output: inout ByteBuffer) {
        for index in begun.subtracting(finished).sorted() {
            finished.insert(index)
            write("", index, "stop", into: &output)
        }
        if answer.includesUsage {
            if prefix.readableBytes == 0 { makePrefix(id: nil, model: nil) }
            if usage.uncachedInput == nil { usage.uncachedInput = answer.estimatedInput }
            if usage.output == nil { usage.output = TokenUsage.estimate(textBytes: contentBytes) }
            output.writeImmutableBuffer(prefix)
            output.writeStaticString(#","choices":[],"usage":"#)
            output.writeJSON { OpenAIChat.write(usage, into: &$0, withCaches: false) }
            output.writeStaticString("}\n\n")
        }
        EventWriter.writeDone(into: &output)
    }

    private mutating func makePrefix(id: JSONString?, model: JSONString?) {
        var writer = JSONWriter(into: ByteBuffer(staticString: "data: "))
        writer.beginObject()
        OpenAICompletions.writeHead(id: id, model: model, for: answer, into: &writer)
        prefix = writer.buffer
    }
}
