// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Estimates the tokens of a request of any dialect, where no vendor counts them.
///
/// | What | Tokens |
/// |---|---|
/// | texts, arguments and results of tools, definitions of tools and schemas | their UTF-8 bytes as ``TokenUsage/estimate(textBytes:)`` has it |
/// | an image | 1,000, whatever its size: what vendors count for one of about 1,000 by 750 pixels |
/// | a sound, a film or a document | one for each 500 bytes, at least 1,000 |
/// | an element of an array of tokens | 1 |
///
/// It looks at bytes that are known to be JSON, and decodes nothing. What is nested deeper than a document may be is passed over.
struct InputEstimate {
    private static let imageTokens = 1_000
    private static let bytesPerMediaToken = 500

    private var textBytes = 0
    private var otherTokens = 0
    /// How many objects and arrays are open.
    private var depth = 0

    /// The estimate for the request in an envelope.
    static func tokens(of envelope: RequestEnvelope) -> Int {
        tokens(of: envelope.scan.value.bytes)
    }

    /// The estimate for the body of a request.
    static func tokens(of body: ByteBuffer) -> Int {
        body.withUnsafeReadableBytes { bytes in
            var estimate = InputEstimate()
            var walk = JSONWalk(bytes)
            estimate.readRequest(&walk)
            return TokenUsage.estimate(textBytes: estimate.textBytes) &+ estimate.otherTokens
        }
    }

    /// Goes a level deeper for as long as `body` runs; passes over what is too deep.
    private mutating func goingDeeper(_ walk: inout JSONWalk, _ body: (inout InputEstimate, inout JSONWalk) -> Void) {
        guard depth < JSONWriter.maximumDepth else {
            walk.value()
            return
        }
        depth += 1
        body(&self, &walk)
        depth -= 1
    }

    private mutating func readRequest(_ walk: inout JSONWalk) {
        guard walk.enterObject() else { return }
        while let key = walk.nextKey() {
            if walk.isKey(key, oneOf: Self.contentMembers) {
                readValue(&walk, countsStrings: true)
            } else if walk.isKey(key, oneOf: Self.schemaMembers), walk.peek() != UInt8(ascii: "n") {
                textBytes &+= walk.value().count
            } else if walk.isKey(key, "generateContentRequest") {
                goingDeeper(&walk) { $0.readRequest(&$1) }
            } else {
                walk.value()
            }
        }
    }

    /// Counts a value; of a string or a number only where `countsStrings`, since most members are no part of the prompt.
    private mutating func readValue(_ walk: inout JSONWalk, countsStrings: Bool) {
        switch walk.peek() {
        case UInt8(ascii: "\""):
            guard let text = walk.text(), countsStrings else { return }
            textBytes &+= walk.decodedCount(of: text)
        case UInt8(ascii: "["):
            goingDeeper(&walk) { estimate, walk in
                guard walk.enterArray() else { return }
                while walk.nextElement() { estimate.readValue(&walk, countsStrings: countsStrings) }
            }
        case UInt8(ascii: "{"):
            goingDeeper(&walk) { $0.readObject(&$1) }
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            walk.value()
            if countsStrings { otherTokens &+= 1 }
        default:
            walk.value()
        }
    }

    private mutating func readObject(_ walk: inout JSONWalk) {
        guard walk.enterObject() else { return }
        while let key = walk.nextKey() {
            if walk.isKey(key, oneOf: Self.mediaMembers) {
                readMedia(&walk, isImage: walk.isKey(key, "image_url"))
            } else if walk.isKey(key, oneOf: Self.rawMembers), walk.peek() == UInt8(ascii: "{") {
                textBytes &+= walk.value().count
            } else {
                readValue(&walk, countsStrings: walk.isKey(key, oneOf: Self.textMembers))
            }
        }
    }

    /// Counts a picture or the like: a URL, or an object that holds one or base64.
    private mutating func readMedia(_ walk: inout JSONWalk, isImage: Bool) {
        var isImage = isImage
        var isText = false
        var length = 0
        func note(_ text: JSONWalk.Text) {
            length = max(length, text.range.count)
            isImage = isImage || walk.starts(text, "image/") || walk.starts(text, "data:image/")
            isText = isText || walk.starts(text, "text/plain")
        }
        var parts = InputEstimate()
        parts.depth = depth
        if let text = walk.text() {
            note(text)
        } else if walk.enterObject() {
            while let key = walk.nextKey() {
                if let text = walk.text() {
                    note(text)
                } else if walk.isKey(key, "content") {
                    // A document that is made of blocks.
                    parts.readValue(&walk, countsStrings: true)
                } else {
                    walk.value()
                }
            }
        } else {
            walk.value()
            return
        }
        if parts.textBytes > 0 || parts.otherTokens > 0 {
            textBytes &+= parts.textBytes
            otherTokens &+= parts.otherTokens
        } else if isImage {
            otherTokens &+= Self.imageTokens
        } else if isText {
            textBytes &+= length
        } else {
            otherTokens &+= max(Self.imageTokens, length / 4 &* 3 / Self.bytesPerMediaToken)
        }
    }

    /// The members of requests that hold what the model reads.
    private static let contentMembers: [StaticString] = [
        "messages", "input", "contents", "content", "system", "instructions", "systemInstruction",
        "system_instruction", "prompt", "suffix", "requests", "instruction",
    ]

    /// The members whose whole JSON the model reads, in one form or another.
    private static let schemaMembers: [StaticString] = ["tools", "functions", "response_format", "output_config"]

    /// The members of messages and parts whose strings the model reads.
    private static let textMembers: [StaticString] = [
        "text", "content", "arguments", "thinking", "output", "refusal", "input", "reasoning_content", "title", "name",
    ]

    /// The members of parts that are objects of the model's or a tool's own.
    private static let rawMembers: [StaticString] = ["input", "args", "response", "arguments"]

    private static let mediaMembers: [StaticString] = [
        "image_url", "source", "inlineData", "inline_data", "fileData", "file_data", "input_audio", "audio_url",
        "video_url", "file",
    ]
}

extension OpenedRequest {
    /// The estimate, made once.
    var estimatedInput: Int {
        mutating get {
            let envelope = envelope
            return inputTokens.get { InputEstimate.tokens(of: envelope) }
        }
    }
}

extension JSONWalk {
    fileprivate func isKey(_ range: Range<Int>, oneOf keys: [StaticString]) -> Bool {
        keys.contains { isKey(range, $0) }
    }

    fileprivate func starts(_ text: Text, _ prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard text.range.count >= count else { return false }
        return isKey(text.range.lowerBound..<text.range.lowerBound &+ count, prefix)
    }
}
