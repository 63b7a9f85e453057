// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayJSON
import GatewayProviders
import NIOCore
import Testing

@Suite("AWS Signature Version 4")
struct SigV4Tests {
    /// A request and what AWS makes of it: the vectors of AWS' published test suite and documentation, and further ones computed with botocore 1.43.11.
    struct Vector: CustomTestStringConvertible, Sendable {
        let value: JSONValue

        var testDescription: String { text("name") }
        func text(_ key: String) -> String { value[key]?.string ?? "" }

        static let all: [Vector] = {
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/sigv4.json")
            guard let data = try? Data(contentsOf: file),
                let vectors = try? JSONValue(validating: ByteBuffer(bytes: data)).array
            else { return [] }
            return vectors.map { Vector(value: $0) }
        }()
    }

    @Test("There are vectors")
    func vectors() {
        #expect(Vector.all.count == 16)
        // Two signatures as AWS' own test suite prints them.
        let signatures = Vector.all.map { $0.text("authorization").suffix(64) }
        #expect(signatures[0] == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
        #expect(signatures[1] == "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
    }

    @Test("A request is signed as AWS signs it", arguments: Vector.all)
    func signature(_ vector: Vector) throws {
        let signer = SigV4(
            credentials: SigV4.Credentials(
                accessKeyID: vector.text("accessKeyID"),
                secretAccessKey: vector.text("secretAccessKey"),
                sessionToken: vector.value["token"]?.string
            ),
            region: vector.text("region"),
            service: vector.text("service")
        )
        var headers = [("host", vector.text("host"))]
        for header in try #require(vector.value["headers"]?.array) {
            let pair = try #require(header.array).map { $0.string ?? "" }
            headers.append((pair[0], pair[1]))
        }
        let body = ByteBuffer(string: vector.text("body"))
        // In two pieces, as a spliced body comes.
        let half = body.readableBytes / 2
        let pieces = [
            try #require(body.getSlice(at: 0, length: half)),
            try #require(body.getSlice(at: half, length: body.readableBytes - half)),
        ]
        let request = SigV4.Request(
            method: vector.text("method"),
            target: vector.text("target"),
            headers: headers,
            body: pieces
        )
        let time = try #require(vector.value["time"]?.int)
        let signed = signer.headers(for: request, time: Int64(time))
        #expect(signed.first { $0.name == "x-amz-date" }?.value == vector.text("date"))
        #expect(signed.first { $0.name == "authorization" }?.value == vector.text("authorization"))
        #expect(signed.first { $0.name == "x-amz-security-token" }?.value == vector.value["token"]?.string)
    }

    @Test(
        "Times are written as AWS reads them, leap years included",
        arguments: [
            (0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"),
            (1_709_164_800, "20240229T000000Z"), (1_767_225_599, "20251231T235959Z"),
            (4_102_444_800, "21000101T000000Z"), (4_107_542_400, "21000301T000000Z"),
        ]
    )
    func timestamp(_ seconds: Int, _ text: String) {
        #expect(SigV4.timestamp(Int64(seconds)) == text)
    }

    @Test("The authorizer signs what is sent: host with its port, path, body, and Amazon's own headers")
    func authorizer() async throws {
        let settings: ProviderSettings = [
            .region: "us-east-1", .awsAccessKeyID: "AKIDEXAMPLE",
            .awsSecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        ]
        let authorizer = try Provider.bedrockAuthorizer(settings) { 1_767_225_599 }
        let service = ProviderService(
            name: try #require(ObjectName("main.providers.bedrock")),
            provider: .amazonBedrock,
            address: try #require(UpstreamAddress(baseURL: "http://127.0.0.1:9100/bedrock")),
            apiKey: nil,
            settings: settings,
            wireFormats: [.bedrockConverse]
        )
        let path = Provider.amazonBedrock.path(
            Provider.Call(.bedrockConverse, model: "amazon.nova-pro-v1:0", settings: settings)
        )
        #expect(path == "/model/amazon.nova-pro-v1%3A0/converse")
        var request = UpstreamRequest(
            service: service,
            path: service.address.pathPrefix + path,
            fixedHeaderLines: ByteBuffer(),
            body: [ByteBuffer(string: #"{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}"#)]
        )
        try await authorizer.authorize(&request, using: NoUpstream())
        let expected = try #require(Vector.all.first { $0.text("host") == "127.0.0.1:9100" })
        #expect(request.headers.map(\.name) == ["x-amz-date", "authorization"])
        #expect(request.headers.last?.value == expected.text("authorization"))
    }

    @Test("Settings that cannot sign are told by their name and never by their value")
    func settings() throws {
        func error(_ settings: ProviderSettings) -> Provider.SettingError? {
            do throws(Provider.SettingError) {
                _ = try Provider.bedrockAuthorizer(settings) { 0 }
                return nil
            } catch {
                return error
            }
        }
        #expect(error([:])?.setting == .region)
        #expect(error([.region: "us east", .awsAccessKeyID: "a", .awsSecretAccessKey: "b"])?.setting == .region)
        #expect(error([.region: "us-east-1"])?.setting == .awsAccessKeyID)
        let half = error([.region: "us-east-1", .awsAccessKeyID: "AKIDSECRET"])
        #expect(half?.setting == .awsSecretAccessKey)
        #expect(half?.message.contains("AKIDSECRET") == false)
        #expect(error([.region: "us-east-1", .awsAccessKeyID: "a", .awsSecretAccessKey: "b"]) == nil)
    }
}

/// An upstream that nobody may call.
private struct NoUpstream: UpstreamClient {
    func send(_ request: UpstreamRequest) async throws(GatewayError) -> any UpstreamExchange {
        Issue.record("a signature needs no call")
        throw GatewayError(.internalFailure, "There is no upstream.")
    }
}
