// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// Takes the gateway's own credentials out of what an upstream says, before a client or a log gets it.
///
/// What is taken out: a provider service's credentials, whole or in part, also where JSON or a URL spells them otherwise, and words that look like a vendor's
/// key. What upstreams have masked themselves (`sk-abc***xyz`) stays. It looks at errors only, so it need not be fast; it takes time in proportion to the text.
package struct CredentialRedaction: Sendable {
    /// Stands in place of a credential.
    package static let mark = "[redacted]"
    /// The shortest credential that is looked for; shorter ones are words such as `none`.
    package static let minimumSecret = 6
    /// The shortest that is looked for inside of other words.
    private static let minimumInside = 16
    /// The shortest part of a credential that counts.
    private static let minimumPart = 12
    /// How much of its beginning a word shares with a credential to look like it.
    private static let sharedPrefix = 8

    /// What is taken out wherever it stands, the longest first.
    private let whole: [[UInt8]]
    /// What a word may be a part of.
    private let secrets: [[UInt8]]
    /// A text with fewer bytes holds nothing that would be taken out.
    package let shortestText: Int

    /// A redaction of these credentials.
    package init(_ secrets: [String]) {
        let known = Set(secrets.filter { $0.utf8.count >= Self.minimumSecret })
        self.secrets = known.map { Array($0.utf8) }.sorted { $0.count > $1.count }
        shortestText = min(Self.minimumPart, self.secrets.last?.count ?? .max)
        whole = known.flatMap(Self.spellings).map { Array($0.utf8) }.sorted { $0.count > $1.count }
    }

    /// The same with more credentials, such as a token that changes.
    package func adding(_ more: [String]) -> CredentialRedaction {
        more.isEmpty ? self : CredentialRedaction(secrets.map { String(decoding: $0, as: UTF8.self) } + more)
    }

    /// How JSON and URLs may spell a credential.
    private static func spellings(of secret: String) -> Set<String> {
        var spellings: Set = [secret, secret.replacing("/", with: "\\/")]
        let escaped = secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        spellings.insert(escaped)
        spellings.insert(escaped.replacing("/", with: "\\/"))
        for hexadecimal in ["%2F%2B%3D", "%2f%2b%3d"] {
            let codes = hexadecimal.split(separator: "%").map { "%\($0)" }
            spellings.insert(
                secret.replacing("/", with: codes[0]).replacing("+", with: codes[1]).replacing("=", with: codes[2])
            )
        }
        return spellings
    }

    /// The text without credentials.
    package func redacted(_ text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in redacted(UnsafeRawBufferPointer(bytes)) }
            .map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// The bytes, of JSON or of events with JSON in them, without credentials.
    package func redacted(_ bytes: ByteBuffer) -> ByteBuffer {
        bytes.withUnsafeReadableBytes { redacted($0) }.map { ByteBuffer(bytes: $0) } ?? bytes
    }

    /// What remains; nil if nothing is to be taken out.
    private func redacted(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var output: [UInt8] = []
        var copied = 0
        var index = 0
        /// Takes out a range that ends at the index.
        func cut(_ range: Range<Int>) {
            output.append(contentsOf: bytes[copied..<range.lowerBound])
            output.append(contentsOf: Self.mark.utf8)
            copied = range.upperBound
            index = range.upperBound
        }
        var isWordStart = true
        var followsBearer = false
        // Where the word ends that was last measured: a long one is measured once, however often it is taken up again.
        var wordEnd = 0
        while index < bytes.count {
            if let secret = whole.first(where: { stands($0, in: bytes, at: index, isWordStart: isWordStart) }) {
                cut(index..<index + secret.count)
                isWordStart = true
                followsBearer = false
                continue
            }
            if isWordStart, Self.isWord(bytes[index]) {
                let end = index < wordEnd ? wordEnd : Self.endOfWord(in: bytes, from: index)
                wordEnd = end
                let word = UnsafeRawBufferPointer(rebasing: bytes[index..<end])
                if looksLikeCredential(word) || followsBearer && Self.isToken(word) {
                    cut(index..<end)
                } else if let inside = firstInside(of: bytes, index..<end) {
                    // A credential that other letters touch.
                    index = inside
                    isWordStart = false
                    continue
                } else {
                    index = end
                }
                followsBearer = Self.isBearer(word)
                continue
            }
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                // The letter of an escape is no part of a word.
                index += bytes[index + 1] == UInt8(ascii: "u") ? min(6, bytes.count - index) : 2
                isWordStart = true
                continue
            }
            if bytes[index] != UInt8(ascii: " ") { followsBearer = false }
            isWordStart = !Self.isWord(bytes[index])
            index += 1
        }
        guard copied > 0 else { return nil }
        output.append(contentsOf: bytes[copied...])
        return output
    }

    /// Whether a credential begins at an index: a short one only as a word of its own.
    private func stands(
        _ secret: [UInt8],
        in bytes: UnsafeRawBufferPointer,
        at index: Int,
        isWordStart: Bool
    ) -> Bool {
        guard bytes[index] == secret[0], index + secret.count <= bytes.count,
            bytes[index..<index + secret.count].elementsEqual(secret)
        else { return false }
        if secret.count >= Self.minimumInside { return true }
        let end = index + secret.count
        return isWordStart && (end == bytes.count || !Self.isWord(bytes[end]))
    }

    /// Where a credential begins inside of a word.
    private func firstInside(of bytes: UnsafeRawBufferPointer, _ word: Range<Int>) -> Int? {
        guard word.count > Self.minimumInside else { return nil }
        return word.dropFirst().first { index in
            whole.contains { $0.count >= Self.minimumInside && stands($0, in: bytes, at: index, isWordStart: false) }
        }
    }

    private func looksLikeCredential(_ word: UnsafeRawBufferPointer) -> Bool {
        guard word.count >= Self.minimumPart else { return false }
        for secret in secrets where secret.count >= Self.minimumPart {
            if Self.contains(secret, word) { return true }
            if word.count >= Self.minimumInside,
                word.prefix(Self.sharedPrefix).elementsEqual(secret.prefix(Self.sharedPrefix))
            {
                return true
            }
        }
        return Self.shapes.contains { word.count >= $0.minimum && word.starts(with: $0.prefix.utf8) }
    }

    private static func contains(_ secret: [UInt8], _ part: UnsafeRawBufferPointer) -> Bool {
        guard part.count <= secret.count else { return false }
        return (0...secret.count - part.count).contains { secret[$0..<$0 + part.count].elementsEqual(part) }
    }

    /// How vendors' keys and tokens begin, and how long they are at least.
    ///
    /// From the vendors' own documents and from keys as their SDKs' examples show them (2026-11).
    private static let shapes: [(prefix: String, minimum: Int)] = [
        ("sk-", 24), ("gsk_", 24), ("xai-", 24), ("pplx-", 24), ("csk-", 24), ("nvapi-", 24), ("hf_", 24), ("fw_", 20),
        ("tgp_v1_", 24), ("dapi", 32), ("dose", 32), ("AIza", 30), ("AKIA", 20), ("ASIA", 20), ("ABSK", 30),
        ("eyJ", 24),
    ]

    /// Whether a word behind `Bearer` is no word of a sentence.
    private static func isToken(_ word: UnsafeRawBufferPointer) -> Bool {
        word.count >= minimumPart && word.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isBearer(_ word: UnsafeRawBufferPointer) -> Bool {
        word.count == 6 && zip(word, "bearer".utf8).allSatisfy { $0 | 0x20 == $1 }
    }

    private static func endOfWord(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var end = start
        while end < bytes.count, isWord(bytes[end]) { end += 1 }
        return end
    }

    /// Whether a byte stands in keys: a letter, a digit, `-` or `_`.
    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

extension GatewayError {
    /// Takes credentials out of everything that may hold an upstream's words.
    package mutating func redact(_ redaction: CredentialRedaction) {
        message = redaction.redacted(message)
        vendorType = vendorType.map(redaction.redacted)
        vendorCode = vendorCode.map(redaction.redacted)
        parameter = parameter.map(redaction.redacted)
        retryAfter = retryAfter.map(redaction.redacted)
        shouldRetry = shouldRetry.map(redaction.redacted)
        cause = cause.map(redaction.redacted)
    }
}
