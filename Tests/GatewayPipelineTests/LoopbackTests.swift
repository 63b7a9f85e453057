// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("What belongs to this machine")
struct LoopbackTests {
    @Test(
        "Loopback addresses, however they are spelled",
        arguments: ["127.0.0.1", "127.255.0.3", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::FFFF:7f00:1"]
    )
    func addresses(text: String) {
        #expect(Loopback.contains(address: text))
    }

    @Test(
        "Nothing else",
        arguments: [
            "", "0.0.0.0", "128.0.0.1", "10.127.0.1", "::", "::2", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1",
            "localhost",
            "127.0.0.1.evil.example", "127.0.0.1:80", "[::1]", "127.1", "0177.0.0.1", "2130706433", " 127.0.0.1",
        ]
    )
    func others(text: String) {
        #expect(!Loopback.contains(address: text))
    }

    @Test(
        "Hosts and origins of this machine",
        arguments: ["localhost", "LocalHost", "localhost:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:80"]
    )
    func hosts(host: String) {
        #expect(Loopback.contains(host: host))
        #expect(Loopback.contains(origin: "http://" + host))
        #expect(Loopback.contains(origin: "HTTPS://" + host))
    }

    @Test(
        "Hosts and origins of others",
        arguments: [
            "", "evil.example", "localhost.evil.example", "localhost.", "xlocalhost", "127.0.0.1.nip.io",
            "127.0.0.1:80:80",
            "[::1", "::1", "[::1]x", "[localhost]", "[127.0.0.1]", "localhost:80x", "localhost/", "a@localhost",
            "localhost@evil.example", "evil.example#localhost", "localhost:80@evil.example",
        ]
    )
    func strangers(host: String) {
        #expect(!Loopback.contains(host: host))
        #expect(!Loopback.contains(origin: "http://" + host))
    }

    @Test(
        "An origin that is no page of http is nobody's",
        arguments: ["null", "localhost", "file://localhost", "//localhost", ""]
    )
    func schemes(origin: String) {
        #expect(!Loopback.contains(origin: origin))
    }
}
