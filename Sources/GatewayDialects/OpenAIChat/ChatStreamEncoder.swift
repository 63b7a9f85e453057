// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Writes the chunks of a chat stream.
///
/// OpenAI's clients get usage in a last chunk of its own, if they asked for it. Databricks' get it in every chunk, running ones until the exact figures are
/// known, and in a last chunk too if they asked.
struct ChatStreamEncoder: StreamEncoder {
    /// What was written of a candidate so far.
    struct Candidate {
        var hasBegun = false
        var isFinished = false
        /// The index in `tool_calls` of the call that comes next, whatever else the upstream counts (stream-06).
        var toolCalls = 0
        /// Whether the open call has no arguments yet.
        var awaitsArguments = false
        /// Whether the open call is one of a custom tool.
        var isCustomCall = false
        /// Whether texts are words of a refusal.
        var isRefusal = false
        var hasRefused = false
        var isReasoning = false
        /// Whether the next piece of reasoning begins a new text behind another.
        var needsSeparator = false
        /// Bytes of the open text of reasoning.
        var thoughtBytes = 0
        /// Whether the open part of reasoning has any text.
        var hasThought = false
        var thoughts = ChatThoughts()
        /// What is attached to the open part.
        var state: OpaqueState?
        var images = 0
        /// SDKs cannot put together lists that come in pieces without an index; so they wait for the end.
        var citations: [Citation] = []
    }

    private let answer: AnswerContext
    let isMLflow: Bool
    /// Whether the client asked in the older form, with `functions`.
    let usesFunctions: Bool
    /// The beginning of every chunk, up to the candidate's index.
    private var prefix = ByteBuffer()
    private var candidates: [Candidate] = []
    private var usage = TokenUsage()
    var contentBytes = 0
    private var isFinished = false
    /// Whether the upstream told usage behind the last chunk, each of which has it for Databricks' clients.
    private var owesUsage = false

    init(_ answer: AnswerContext) {
        self.answer = answer
        isMLflow = answer.apiType == .mlflowChat
        usesFunctions = OpenAIChat.usesFunctions(answer)
    }

    mutating func encode(_ event: ModelEvent, into output: inout ByteBuffer) {
        switch event {
        case .start(let id, let model):
            if prefix.readableBytes == 0 { makePrefix(id: id, model: model) }
        case .usage(let report):
            usage.merge(report)
            owesUsage = isMLflow && isFinished
        case .partStart(let index, let kind): start(kind, candidate: index, into: &output)
        case .partEnd(let index): endPart(candidate: index, into: &output)
        case .text(let index, let text):
            if !text.isEmpty { write(text, candidate: index, into: &output) }
        case .reasoning(let index, let text): reasoning(text, candidate: index, into: &output)
        case .reasoningBreak(let index):
            withCandidate(index) { candidate in
                candidate.thoughts.add(bytes: candidate.thoughtBytes)
                candidate.needsSeparator = candidate.hasThought || candidate.needsSeparator
                candidate.thoughtBytes = 0
            }
        case .state(let index, let state): withCandidate(index) { $0.state = state }
        case .citation(let index, let citation): withCandidate(index) { $0.citations.append(citation) }
        case .logprobs(let index, let logprobs): write(logprobs: logprobs, candidate: index, into: &output)
        case .toolArguments(let index, let text):
            guard !text.isEmpty else { return }
            write(arguments: text, candidate: index, into: &output)
        case .finish(let index, let reason):
            finish(candidate: index, reason, into: &output)
        case .end:
            end(into: &output)
        }
    }

    /// Writes a piece of text or of a refusal, as nearly every chunk is: in one go.
    private mutating func write(_ text: JSONString, candidate index: Int, into output: inout ByteBuffer) {
        contentBytes &+= text.utf8Count
        beginChunks()
        let delta = withCandidate(index) { candidate -> StaticString in
            defer { candidate.hasBegun = true }
            return switch (candidate.isRefusal, candidate.hasBegun) {
            case (false, true): #","delta":{"content":""#
            case (false, false): #","delta":{"role":"assistant","content":""#
            case (true, true): #","delta":{"refusal":""#
            case (true, false): #","delta":{"role":"assistant","content":null,"refusal":""#
            }
        }
        // Before the closures: one that uses `self` would copy all of it.
        let (prefix, isMLflow, includesUsage) = (prefix, isMLflow, answer.includesUsage)
        let usage = isMLflow ? runningUsage : (input: 0, output: 0)
        text.withEscapedBytes { text in
            let size = prefix.readableBytes &+ text.count &+ Self.maximumFrame
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
                var chunk = RawOutput(memory)
                prefix.withUnsafeReadableBytes { chunk.write($0) }
                chunk.writeDecimal(index)
                chunk.write(delta)
                chunk.write(text)
                chunk.write(#""},"logprobs":null,"finish_reason":null}]"#)
                if isMLflow {
                    chunk.write(#","usage":"#)
                    ChatUsage.write(input: usage.input, output: usage.output, into: &chunk)
                } else if includesUsage {
                    chunk.write(#","usage":null"#)
                }
                chunk.write("}\n\n")
                return chunk.count
            }
        }
    }

    /// More bytes than the frame of a piece of text ever takes, the prefix apart.
    private static var maximumFrame: Int { 160 &+ ChatUsage.maximumBytes }

    private mutating func finish(candidate index: Int, _ reason: FinishReason?, into output: inout ByteBuffer) {
        let (isFinished, toolCalls, citations) = withCandidate(index) { candidate in
            defer { candidate.isFinished = true }
            return (candidate.isFinished, candidate.toolCalls, candidate.citations)
        }
        guard !isFinished else { return }
        self.isFinished = candidates.allSatisfy(\.isFinished)
        beginChunk(candidate: index, &output)
        if citations.isEmpty {
            beginDelta(candidate: index, "", orFirst: #""role":"assistant","content":"""#, &output)
        } else {
            let first: StaticString = #""role":"assistant","content":"","annotations":"#
            beginDelta(candidate: index, #""annotations":"#, orFirst: first, &output)
            output.writeJSON { writer in
                writer.beginArray()
                for citation in citations { ChatMessageWriter.write(citation, into: &writer) }
                writer.endArray()
            }
        }
        output.writeStaticString(#"},"logprobs":null,"finish_reason":""#)
        let name = OpenAIChat.name(
            of: reason,
            hasToolCalls: toolCalls > 0,
            hasRefused: candidates[index].hasRefused,
            usesFunctions: usesFunctions
        )
        output.writeStaticString(name)
        output.writeStaticString(#""}]"#)
        endChunk(&output)
    }

    private mutating func end(into output: inout ByteBuffer) {
        // A vendor may end without a reason; the client's SDK counts on one.
        for index in candidates.indices where !candidates[index].isFinished {
            finish(candidate: index, nil, into: &output)
        }
        if answer.includesUsage || owesUsage {
            beginChunks()
            output.writeImmutableBuffer(prefix)
            // The prefix ends inside the first choice: `"choices":[{"index":`.
            output.moveWriterIndex(to: output.writerIndex - Self.firstChoice.utf8CodeUnitCount)
            output.writeStaticString(#""choices":[],"usage":"#)
            writeUsage(into: &output)
            output.writeStaticString("}\n\n")
        }
        EventWriter.writeDone(into: &output)
    }

    // MARK: The frame of a chunk

    private static var firstChoice: StaticString { #""choices":[{"index":"# }

    private mutating func makePrefix(id: JSONString?, model: JSONString?) {
        var writer = JSONWriter(into: ByteBuffer(staticString: "data: "))
        writer.beginObject()
        OpenAIChat.writeHead("chat.completion.chunk", id: id, model: model, for: answer, into: &writer)
        prefix = writer.buffer
        prefix.writeStaticString(",")
        prefix.writeStaticString(Self.firstChoice)
    }

    private mutating func beginChunks() {
        if prefix.readableBytes == 0 { makePrefix(id: nil, model: nil) }
    }

    mutating func beginChunk(candidate index: Int, _ output: inout ByteBuffer) {
        beginChunks()
        output.writeImmutableBuffer(prefix)
        output.writeDecimal(index)
        output.writeStaticString(#","delta":"#)
    }

    /// Opens the delta; the first of a candidate tells the role as well.
    @inline(__always)
    mutating func beginDelta(
        candidate index: Int,
        _ members: StaticString,
        orFirst first: StaticString,
        _ output: inout ByteBuffer
    ) {
        let hasBegun = withCandidate(index) { candidate in
            defer { candidate.hasBegun = true }
            return candidate.hasBegun
        }
        output.writeStaticString("{")
        output.writeStaticString(hasBegun ? members : first)
    }

    func endChunk(_ output: inout ByteBuffer) {
        if isMLflow {
            output.writeStaticString(#","usage":"#)
            if isFinished {
                writeUsage(into: &output)
            } else {
                let usage = runningUsage
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: ChatUsage.maximumBytes) { memory in
                    var text = RawOutput(memory)
                    ChatUsage.write(input: usage.input, output: usage.output, into: &text)
                    return text.count
                }
            }
        } else if answer.includesUsage {
            output.writeStaticString(#","usage":null"#)
        }
        output.writeStaticString("}\n\n")
    }

    /// What was counted so far: totals alone.
    private var runningUsage: (input: Int, output: Int) {
        (
            usage.uncachedInput == nil ? answer.estimatedInput : usage.totalInput,
            max(usage.output ?? 0, TokenUsage.estimate(textBytes: contentBytes))
        )
    }

    /// The exact figures, as far as the upstream has told them.
    private func writeUsage(into output: inout ByteBuffer) {
        var usage = usage
        if usage.uncachedInput == nil { usage.uncachedInput = answer.estimatedInput }
        if usage.output == nil { usage.output = TokenUsage.estimate(textBytes: contentBytes) }
        output.writeJSON { writer in OpenAIChat.write(usage, into: &writer, withCaches: isMLflow) }
    }

    mutating func withCandidate<Result>(_ index: Int, _ body: (inout Candidate) -> Result) -> Result {
        while candidates.count <= index { candidates.append(Candidate()) }
        return body(&candidates[index])
    }
}
