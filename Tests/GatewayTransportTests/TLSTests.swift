// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayTransport
import NIOCore
import NIOSSL
import Testing

/// A self-signed certificate for `localhost`, made for one test.
private struct TestCertificate {
    let directory: URL
    var certificate: String { directory.appendingPathComponent("certificate.pem").path }
    var key: String { directory.appendingPathComponent("key.pem").path }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    func serverContext() throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            )
        )
    }
}

@Suite("TLS", .serialized, .timeLimit(.minutes(2)))
struct TLSTests {
    private let request = "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"

    @Test("Clients and upstreams both speak TLS, and an early refusal reaches a client that is still sending")
    func bothSides() async throws {
        let pair = try TestCertificate()
        defer { try? FileManager.default.removeItem(at: pair.directory) }
        let upstream = try await TestUpstream(tls: try pair.serverContext())
        let relay = Relay(service: try upstream.service(isSecure: true))
        var server = Configuration.Server()
        server.tls = .init(certificate: pair.certificate, key: pair.key)
        server.maximumBodyBytes = 1000
        try await withListener(server, upstreamCertificateFile: pair.certificate, responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port, trusting: pair.certificate)
            for round in 1...2 {
                client.send(request)
                let connection = try await upstream.connection(0)
                await connection.receives("hi", times: round)
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                await client.receives("5\r\nhello\r\n0\r\n\r\n", times: round)
            }
            let sender = try await Peer.connect(port: port, trusting: pair.certificate)
            sender.send(
                "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n"
                    + String(repeating: "x", count: 4_000_000)
            )
            await sender.isClosedByTheOtherSide()
            #expect(sender.text.hasPrefix("HTTP/1.1 413 "))
            let plain = try await Peer.connect(port: port)
            plain.send(request)
            await plain.isClosedByTheOtherSide()
            #expect(plain.text.hasPrefix("HTTP/1.1 400 ") && plain.text.contains("https://"))
        }
        try await upstream.close()
    }

    @Test("A certificate that is read again serves the next connection; one that is no good changes nothing")
    func reload() async throws {
        let pair = try TestCertificate()
        let next = try TestCertificate()
        defer {
            for one in [pair, next] { try? FileManager.default.removeItem(at: one.directory) }
        }
        // The first one's files, as a tool replaces them.
        let old = try Data(contentsOf: URL(fileURLWithPath: pair.certificate))
        let oldFile = pair.directory.appendingPathComponent("old.pem").path
        try old.write(to: URL(fileURLWithPath: oldFile))
        var server = Configuration.Server()
        server.tls = .init(certificate: pair.certificate, key: pair.key)
        try await withListener(server, responder: echo) { listener, port in
            let client = try await Peer.connect(port: port, trusting: oldFile)
            client.send(request)
            await client.receives("[hi]")
            try Data("nothing".utf8).write(to: URL(fileURLWithPath: pair.certificate))
            #expect(throws: (any Error).self) { try listener.reloadCertificate() }
            let other = try await Peer.connect(port: port, trusting: oldFile)
            other.send(request)
            await other.receives("[hi]")
            for (from, to) in [(next.certificate, pair.certificate), (next.key, pair.key)] {
                try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to))
            }
            try listener.reloadCertificate()
            let new = try await Peer.connect(port: port, trusting: next.certificate)
            new.send(request)
            await new.receives("[hi]")
            // The connection of the old certificate lives on.
            client.send(request)
            await client.receives("[hi]", times: 2)
        }
    }

    @Test("A name with a dot at its end is the name in the certificate")
    func trailingDot() async throws {
        let pair = try TestCertificate()
        defer { try? FileManager.default.removeItem(at: pair.directory) }
        let upstream = try await TestUpstream(tls: try pair.serverContext())
        let names = ScriptedNames(["localhost.": .addresses(["127.0.0.1"])])
        let service = try TestUpstream.service(baseURL: "https://localhost.:\(upstream.port)")
        #expect(service.address.authority == "localhost.:\(upstream.port)")
        let relay = Relay(service: service)
        try await withListener(
            upstreamCertificateFile: pair.certificate,
            resolver: names.resolver(),
            responder: relay.serve
        ) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            await client.receives("hello")
        }
        try await upstream.close()
    }

    @Test("An upstream whose certificate nobody vouches for gets no request")
    func unknownAuthority() async throws {
        let pair = try TestCertificate()
        defer { try? FileManager.default.removeItem(at: pair.directory) }
        let upstream = try await TestUpstream(tls: try pair.serverContext())
        let relay = Relay(service: try upstream.service(isSecure: true))
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            await client.receives("HTTP/1.1 502 ")
            #expect(relay.log.all == ["upstreamUnavailable cancelled=false"])
            #expect(try await upstream.connection(0).text == "")
        }
        try await upstream.close()
    }

    @Test("An upstream whose certificate is for another name gets no request")
    func otherName() async throws {
        let pair = try TestCertificate()
        defer { try? FileManager.default.removeItem(at: pair.directory) }
        let upstream = try await TestUpstream(tls: try pair.serverContext())
        let relay = Relay(service: try TestUpstream.service(baseURL: "https://127.0.0.1:\(upstream.port)"))
        try await withListener(upstreamCertificateFile: pair.certificate, responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            await client.receives("HTTP/1.1 502 ")
            #expect(try await upstream.connection(0).text == "")
        }
        try await upstream.close()
    }
}
