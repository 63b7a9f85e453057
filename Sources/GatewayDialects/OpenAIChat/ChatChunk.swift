// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// What the relay needs to know of one chunk of an OpenAI chat stream.
struct ChatChunk {
    /// Bytes of text, refusal, reasoning and tool arguments, escapes undone.
    var contentBytes = 0
    /// Whether it holds any content: a text that is not empty, or the start of a tool call.
    var hasContent = false
    /// Whether `choices` is there and empty, as in the chunk that only reports usage.
    var hasNoChoices = false
    /// Where the value of `usage` stands, `null` included.
    var usage: Range<Int>?
    /// Where a server tells usage elsewhere: in `x_groq` or, as Moonshot does, in a choice.
    var otherUsage: Range<Int>?
    /// Where the value of `error` stands.
    var error: Range<Int>?
    /// Where the value of `service_tier` stands, inside its quotes.
    var serviceTier: Range<Int>?
    /// The index of the closing brace; nil if the data is not an object.
    var closingBrace: Int?
    /// The candidates that the chunk is about.
    var candidates = StreamedCandidates()
    /// Whether the object has members.
    var hasMembers = false

    init(_ data: UnsafeRawBufferPointer) {
        var walk = JSONWalk(data)
        guard walk.enterObject() else { return }
        while let key = walk.nextKey() {
            hasMembers = true
            if walk.isKey(key, "choices") {
                readChoices(&walk)
            } else if walk.isKey(key, "usage") {
                usage = walk.value()
            } else if walk.isKey(key, "x_groq"), walk.enterObject() {
                while let key = walk.nextKey() {
                    if walk.isKey(key, "usage") { otherUsage = walk.value() } else { walk.value() }
                }
            } else if walk.isKey(key, "error") {
                if walk.peek() != UInt8(ascii: "n") { error = walk.value() } else { walk.value() }
            } else if walk.isKey(key, "service_tier"), walk.peek() == UInt8(ascii: "\"") {
                serviceTier = walk.text()?.range
            } else {
                walk.value()
            }
        }
        let last = walk.index &- 1
        if last >= 0, last < data.count, data[last] == UInt8(ascii: "}") { closingBrace = last }
    }

    /// Whether `usage` is an object rather than absent or `null`.
    func hasUsage(in data: UnsafeRawBufferPointer) -> Bool {
        guard let usage, !usage.isEmpty else { return false }
        return data[usage.lowerBound] == UInt8(ascii: "{")
    }

    /// Where the figures stand that this chunk reports; nil if it reports none.
    func reportedUsage(in data: UnsafeRawBufferPointer) -> Range<Int>? {
        if hasUsage(in: data) { return usage }
        guard let otherUsage, !otherUsage.isEmpty, data[otherUsage.lowerBound] == UInt8(ascii: "{") else { return nil }
        return otherUsage
    }

    private mutating func readChoices(_ walk: inout JSONWalk) {
        guard walk.enterArray() else {
            walk.value()
            return
        }
        hasNoChoices = true
        while walk.nextElement() {
            hasNoChoices = false
            guard walk.enterObject() else {
                walk.value()
                continue
            }
            var index = 0
            var hasReason = false
            while let key = walk.nextKey() {
                if walk.isKey(key, "delta") {
                    readDelta(&walk)
                } else if walk.isKey(key, "finish_reason") {
                    if let reason = walk.text() { hasReason = !reason.range.isEmpty } else { walk.value() }
                } else if walk.isKey(key, "index") {
                    index = walk.tokenCount() ?? 0
                } else if walk.isKey(key, "usage") {
                    otherUsage = walk.value()
                } else {
                    walk.value()
                }
            }
            candidates.note(index, hasReason: hasReason)
        }
    }

    private mutating func readDelta(_ walk: inout JSONWalk) {
        guard walk.enterObject() else {
            walk.value()
            return
        }
        while let key = walk.nextKey() {
            if walk.isKey(key, "content") || walk.isKey(key, "reasoning_content") || walk.isKey(key, "reasoning")
                || walk.isKey(key, "refusal")
            {
                count(&walk)
            } else if walk.isKey(key, "tool_calls"), walk.enterArray() {
                while walk.nextElement() { readToolCall(&walk) }
            } else if walk.isKey(key, "function_call"), walk.enterObject() {
                hasContent = true
                readFunction(&walk)
            } else {
                walk.value()
            }
        }
    }

    private mutating func readToolCall(_ walk: inout JSONWalk) {
        hasContent = true
        guard walk.enterObject() else {
            walk.value()
            return
        }
        while let key = walk.nextKey() {
            if walk.isKey(key, "function") || walk.isKey(key, "custom"), walk.enterObject() {
                readFunction(&walk)
            } else {
                walk.value()
            }
        }
    }

    /// Reads the inside of a function, or of a custom tool.
    private mutating func readFunction(_ walk: inout JSONWalk) {
        while let key = walk.nextKey() {
            if walk.isKey(key, "arguments") || walk.isKey(key, "input") {
                count(&walk)
            } else {
                walk.value()
            }
        }
    }

    @inline(__always)
    private mutating func count(_ walk: inout JSONWalk) {
        guard walk.peek() == UInt8(ascii: "\""), let text = walk.text() else {
            let value = walk.value()
            // Blocks in place of a text, as Databricks sends for reasoning.
            if value.count > 4 {
                contentBytes &+= value.count
                hasContent = true
            }
            return
        }
        if !text.range.isEmpty {
            hasContent = true
            contentBytes &+= walk.decodedCount(of: text)
        }
    }
}

/// The candidates of a stream, and which of them have their reason to end; those from 63 on count as one.
struct StreamedCandidates {
    private var begun: UInt64 = 0
    private var reasoned: UInt64 = 0

    @inline(__always)
    mutating func note(_ index: Int, hasReason: Bool) {
        let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: min(index, 63))
        begun |= bit
        if hasReason { reasoned |= bit }
    }

    @inline(__always)
    mutating func note(_ others: StreamedCandidates) {
        begun |= others.begun
        reasoned |= others.reasoned
    }

    /// Whether nothing is missing from the stream but its last event.
    var haveReasons: Bool { begun != 0 && begun & ~reasoned == 0 }
}
