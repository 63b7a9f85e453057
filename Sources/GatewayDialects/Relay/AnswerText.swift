// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// Counts the text in a whole answer of any dialect: the basis of an estimate where the upstream reports no usage.
enum AnswerText {
    /// UTF-8 bytes of the texts, reasoning and tool arguments, by the keys that the vendors use for them.
    static func bytes(in body: ByteBuffer) -> Int {
        body.withUnsafeReadableBytes { bytes in
            var walk = JSONWalk(bytes)
            var count = 0
            while let key = walk.nextText() {
                guard walk.pass(UInt8(ascii: ":")) else { continue }
                if isText(walk, key.range) {
                    if let text = walk.text() { count &+= walk.decodedCount(of: text) }
                } else if isObject(walk, key.range), walk.peek() == UInt8(ascii: "{") {
                    count &+= walk.value().count
                }
            }
            return count
        }
    }

    private static func isText(_ walk: JSONWalk, _ key: Range<Int>) -> Bool {
        walk.isKey(key, "text") || walk.isKey(key, "content") || walk.isKey(key, "arguments")
            || walk.isKey(key, "reasoning_content") || walk.isKey(key, "thinking") || walk.isKey(key, "refusal")
            || walk.isKey(key, "reasoning") || walk.isKey(key, "transcript")
    }

    /// Arguments that are objects: Anthropic's and Gemini's.
    private static func isObject(_ walk: JSONWalk, _ key: Range<Int>) -> Bool {
        walk.isKey(key, "input") || walk.isKey(key, "args")
    }
}
