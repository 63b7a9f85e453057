// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import Testing

@Suite("Credentials in an upstream's words")
struct CredentialRedactionTests {
    private static let key = "sk-proj-Tq8ZpL0aVb3XyR7wKd5NfJ2mHs9Gc4Ue6Ti1Bo"
    private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY="
    private let redaction = CredentialRedaction([key, secret, "local-key", "none"])

    @Test(
        "A credential goes, whole or in part, however it is spelled",
        arguments: [
            "Incorrect API key provided: \(key).", "key=\(key)&x=1", "\(key)", "(\(key))", "\"\(key)\"", "abc\(key)xyz",
            "Bearer \(key)", "\(secret)", "a wJalrXUtnFEMI\\/K7MDENG+bPxRfiCYEXAMPLEKEY= b",
            "wJalrXUtnFEMI%2FK7MDENG%2BbPxRfiCYEXAMPLEKEY%3D", "cut off: sk-proj-Tq8ZpL0aVb3",
            "…Jf2 5NfJ2mHs9Gc4Ue6Ti1Bo",
            "line\\n\(key)\\n", "\\u0022\(key)", "the key local-key is wrong",
        ]
    )
    func goes(text: String) {
        for shown in [
            redaction.redacted(text), String(buffer: redaction.redacted(ByteBuffer(string: text))),
        ] {
            #expect(shown.contains(CredentialRedaction.mark))
            for part in ["Tq8ZpL0a", "Gc4Ue6Ti", "wJalr", "EXAMPLEKEY", "local-key"] { #expect(!shown.contains(part)) }
        }
    }

    @Test(
        "What looks like a vendor's key goes too",
        arguments: [
            "sk-ant-api03-aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "AIzaSyA1234567890abcdefghijklmnopqrstuv",
            "AKIAIOSFODNN7EXAMPLE",
            "dapi0123456789abcdef0123456789abcdef", "Bearer abcdef0123456789", "gsk_abcdefghijklmnopqrstuvwxyz0123",
            "sk-proj-anotherKeyOfTheSameAccount42",
        ]
    )
    func looksLike(text: String) {
        let shown = redaction.redacted("It was \(text), sorry.")
        #expect(shown.contains(CredentialRedaction.mark))
        #expect(shown.hasPrefix("It was "))
        #expect(shown.hasSuffix(", sorry."))
    }

    @Test(
        "Other words stay as they are, masked keys among them",
        arguments: [
            "Incorrect API key provided: sk-proj-********************6Ti1. You can find your API key at https://x.",
            "sk-abc...xyz", "none of them", "Use Bearer authentication.", "The model `gpt-5` does not exist", "",
            "request req_011CQ2hd8LRbsYq1f6ZxT8tA failed", "local-keys", "Grüße \u{1F600} \\",
            "6f1c2b3a-0000-4000-8000-000000000000", "sk-learn is a library",
        ]
    )
    func stays(text: String) {
        #expect(redaction.redacted(text) == text)
        #expect(redaction.redacted(ByteBuffer(string: text)) == ByteBuffer(string: text))
    }

    @Test("Everything of an error that an upstream may have written is looked through")
    func error() {
        let key = Self.key
        var error = GatewayError(
            .upstreamRefused,
            "m \(key)",
            vendorType: "t \(key)",
            vendorCode: "c \(key)",
            parameter: "p \(key)",
            retryAfter: "r \(key)",
            cause: "x \(key)"
        )
        error.redact(redaction)
        #expect(!"\(error)".contains(key))
        #expect(error.message == "m [redacted]")
    }

    @Test("A text of a quarter of a mebibyte takes no time to speak of, whatever it repeats")
    func large() {
        for unit in ["a", "sk-proj-", "sk-proj-Tq8ZpL0 ", "\\", "local-key", "Bearer "] {
            let text = String(repeating: unit, count: (256 << 10) / unit.utf8.count)
            _ = redaction.redacted(text)
        }
    }

    @Test("The shortest credential sets how short a text may be that is looked at, whatever the order")
    func shortestText() {
        #expect(CredentialRedaction(["short1", Self.key]).shortestText == 6)
        #expect(CredentialRedaction([Self.key, "short1"]).shortestText == 6)
        #expect(CredentialRedaction([Self.key, "none"]).shortestText == 12)
    }

    @Test("A long word that repeats a credential is read through once", .timeLimit(.minutes(1)))
    func longWord() {
        let text = String(repeating: Self.key + "x", count: 20_000)
        let redacted = redaction.redacted(text)
        #expect(!redacted.contains("Tq8ZpL0a"))
        #expect(redacted.hasPrefix(CredentialRedaction.mark))
    }
}
