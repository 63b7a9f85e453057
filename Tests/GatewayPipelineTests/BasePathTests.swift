// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("A path below which everything is served")
struct BasePathTests {
    @Test("Valid paths", arguments: ["/gateway", "/a/b", "/a-b_c.d~e/1", "/..."])
    func valid(text: String) {
        #expect(BasePath(text)?.text == text)
    }

    @Test(
        "Others",
        arguments: ["", "/", "gateway", "/a/", "//a", "/a//b", "/a b", "/a?b", "/a%20", "/../a", "/a/.", "/ä"]
    )
    func invalid(text: String) {
        #expect(BasePath(text) == nil)
    }

    @Test(
        "What is below",
        arguments: [
            ("/gateway/v1/models?x=/gateway", "/v1/models?x=/gateway"), ("/gateway", "/"), ("/gateway/", "/"),
            ("/gateway?a", "/?a"), ("/gateway2/v1", nil), ("/v1/models", nil), ("/", nil), ("/Gateway/v1", nil),
            ("/x/gateway/v1", nil), ("//gateway/v1", nil),
        ] as [(String, String?)]
    )
    func below(target: String, rest: String?) throws {
        #expect(try #require(BasePath("/gateway")).rest(of: target) == rest)
    }
}
