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
/// Which fields count is said by the dialects (``PromptFields``). It looks at bytes that are known to be JSON, and decodes nothing. What is nested deeper than a document may be is passed over.
struct InputEstimate {
    private static let imageTokens = 1_000
    private static let bytesPerMediaToken = 500

    private let fields: PromptFields
    private var textBytes = 0
    private var otherTokens = 0
    /// How many objects and arrays are open.
    private var depth = 0

    private init(_ fields: PromptFields) { self.fields = fields }

    /// The estimate for the request in an envelope.
    static func tokens(of envelope: RequestEnvelope, by fields: PromptFields = .known) -> Int {
        envelope.scan.value.bytes.withUnsafeReadableBytes { bytes in
            var estimate = InputEstimate(fields)
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
            if walk.isKey(key, oneOf: fields.content) {
                readValue(&walk, countsStrings: true)
            } else if walk.isKey(key, oneOf: fields.schemas), walk.peek() != UInt8(ascii: "n") {
                textBytes &+= walk.value().count
            } else if walk.isKey(key, oneOf: fields.requests) {
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
            if walk.isKey(key, oneOf: fields.media) {
                readMedia(&walk, isImage: walk.isKey(key, "image_url"))
            } else if walk.isKey(key, oneOf: fields.objects), walk.peek() == UInt8(ascii: "{") {
                textBytes &+= walk.value().count
            } else {
                readValue(&walk, countsStrings: walk.isKey(key, oneOf: fields.texts))
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
        var parts = InputEstimate(fields)
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
}

extension OpenedRequest {
    /// The estimate, made once.
    mutating func estimatedInput(by fields: PromptFields) -> Int {
        let envelope = envelope
        return inputTokens.get { InputEstimate.tokens(of: envelope, by: fields) }
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
