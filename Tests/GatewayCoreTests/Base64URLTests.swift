// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("Base64url")
struct Base64URLTests {
    @Test("Bytes of any length come back as they were")
    func roundTrip() {
        var random = SplitMix(state: 2)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(random.below(256)) }
            #expect(Base64URL.bytes(Array(Base64URL.encode(bytes).utf8)) == bytes)
        }
    }

    @Test(
        "Bytes have one spelling",
        arguments: ["A", "AB", "QQ==", "QUE=", "QR", "QUF", "Q Q", "+w", "/w", "QQ\n", "QUFBQ"]
    )
    func strict(text: String) {
        #expect(Base64URL.bytes(Array(text.utf8)) == nil)
    }

    @Test("Known values", arguments: [("", ""), ("Zg", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")])
    func known(text: String, plain: String) {
        #expect(Base64URL.bytes(Array(text.utf8)) == Array(plain.utf8))
    }
}
