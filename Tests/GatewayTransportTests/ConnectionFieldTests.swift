// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import NIOCore
import Testing

@Suite("The Connection field")
struct ConnectionFieldTests {
    @Test(
        "A connection is kept or closed as both sides say",
        arguments: [
            ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "connection: x, CLOSE ,y\r\n", false),
            ("1.0", "", false), ("1.0", "Connection: keep-alive\r\n", true), ("1.1", "Connection: closed\r\n", true),
        ]
    )
    func keepsAlive(version: String, field: String, expected: Bool) throws {
        var reader = HTTP1HeadReader(maximumBytes: 1024)
        var request = ByteBuffer(string: "GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n")
        #expect(try reader.readRequest(from: &request)?.keepsAlive == expected)
        var response = ByteBuffer(string: "HTTP/\(version) 200 OK\r\nContent-Length: 0\r\n\(field)\r\n")
        #expect(try reader.readResponse(from: &response)?.keepsAlive == expected)
    }
}
