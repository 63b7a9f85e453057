// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayProviders
import Synchronization
import Testing

@Suite("Files of a provider service")
struct RoutingTests {
    private func read(
        _ service: String,
        files: [String: String] = [:],
        checkTLS: @escaping ConfigurationReader.CheckTLS = { _ in }
    ) throws(ConfigurationError) -> ProviderService? {
        try ConfigurationReader(
            providers: Providers.all,
            environment: [:],
            simulator: nil,
            checkTLS: checkTLS,
            readFile: { path, maximum in
                guard let text = files[path] else { throw NoSuchFile(path: path) }
                return Array(text.utf8.prefix(maximum + 1))
            }
        )
        .read(file: "gatehouse.yaml", contents: Array("provider_services: {main.p.a: \(service)}".utf8))
        .providerService("main.p.a")
    }

    private func problems(_ service: String, files: [String: String] = [:]) -> String {
        do throws(ConfigurationError) {
            _ = try read(service, files: files)
            return ""
        } catch {
            return error.description
        }
    }

    // MARK: Secrets

    @Test(
        "A key may stand in a file, with spaces and line ends around it",
        arguments: ["k-1", "k-1\n", "\u{FEFF} k-1\r\n"]
    )
    func keyFile(contents: String) throws {
        let service = try read("{provider_type: openai, api_key_file: /k}", files: ["/k": contents])
        #expect(service?.apiKey == "k-1")
    }

    @Test("Keys of AWS may stand in files")
    func awsFiles() throws {
        let service = try read(
            "{provider_type: amazon_bedrock, region: us-east-1, aws_access_key_id_file: /id, aws_secret_access_key_file: /s}",
            files: ["/id": "AKIAEXAMPLE\n", "/s": "secret\n"]
        )
        #expect(service?.settings[.awsAccessKeyID] == "AKIAEXAMPLE")
        #expect(service?.settings[.awsSecretAccessKey] == "secret")
        #expect(service?.authorizer != nil)
    }

    @Test("Another key in the same file is another service, and the same key is the same")
    func changes() throws {
        func configuration(_ key: String) throws -> Configuration {
            try ConfigurationReader(
                providers: Providers.all,
                environment: [:],
                simulator: nil,
                readFile: { _, _ in Array(key.utf8) }
            )
            .read(
                file: "gatehouse.yaml",
                contents: Array("provider_services: {main.p.a: {provider_type: openai, api_key_file: /k}}".utf8)
            )
        }
        let first = try configuration("one")
        let same = try configuration("one\n").keeping(first.providerServices)
        #expect(same.providerServices[0] === first.providerServices[0])
        let other = try configuration("two").keeping(first.providerServices)
        #expect(other.providerServices[0] !== first.providerServices[0])
    }

    @Test(
        "A file that holds no key is named with what is wrong, and its contents are not shown",
        arguments: [
            ("{provider_type: openai, api_key_file: /none}", "/none cannot be read: No such file or directory"),
            ("{provider_type: openai, api_key_file: /empty}", "it is empty"),
            ("{provider_type: openai, api_key_file: /blank}", "only spaces and line ends"),
            ("{provider_type: openai, api_key_file: /lines}", "printable ASCII characters"),
            ("{provider_type: openai, api_key_file: /long}", "it has more"),
            ("{provider_type: openai, api_key_file: /k, api_key: k}", "`api_key` is also set"),
            ("{provider_type: openai, api_key_file: /k, aws_session_token_file: /k}", "OpenAI does not use this key"),
            (
                "{provider_type: amazon_bedrock, region: r, api_key_file: /k, aws_access_key_id_file: /k, aws_secret_access_key_file: /k}",
                "there is also another credential"
            ),
        ]
    )
    func wrongFiles(service: String, words: String) {
        let files = [
            "/k": "k", "/empty": "", "/blank": " \n", "/lines": "canary\ncanary",
            "/long": String(repeating: "canary", count: 4000),
        ]
        let found = problems(service, files: files)
        #expect(found.contains(words), "\(found)")
        #expect(!found.contains("canary"))
    }

    // MARK: TLS

    private let base = "provider_type: custom, base_url: 'https://a.example'"

    @Test("What `tls` says reaches the service with the contents of the files")
    func tls() throws {
        let service = try read(
            "{\(base), tls: {ca_file: /ca, ca_mode: add, client_certificate_file: /c, client_key_file: /k, server_name: b.example, minimum_version: 1.3}}",
            files: ["/ca": "CA", "/c": "C", "/k": "K"]
        )
        var expected = UpstreamTLSSettings()
        expected.authorities = .init(path: "/ca", contents: Array("CA".utf8))
        expected.trustsSystem = true
        expected.clientCertificate = .init(path: "/c", contents: Array("C".utf8))
        expected.clientKey = .init(path: "/k", contents: Array("K".utf8))
        expected.serverName = "b.example"
        expected.minimumVersion = .tls13
        #expect(service?.route.tls == expected)
    }

    @Test(
        "What is wrong with `tls` is named",
        arguments: [
            ("{ca_file: /none}", "`provider_services.main.p.a.tls.ca_file`: /none cannot be read"),
            ("{client_key_file: /k}", "lacks the key `client_certificate_file`"),
            ("{client_certificate_file: /k}", "lacks the key `client_key_file`"),
            ("{ca_mode: add}", "`ca_file` is missing"),
            ("{server_name: 10.0.0.1}", "must be a DNS name"), ("{server_name: 'a b'}", "must be a DNS name"),
            ("{minimum_version: 1.1}", "`1.2`, `1.3`"), ("{verify: false}", "unknown key `verify`"),
        ]
    )
    func wrongTLS(section: String, words: String) {
        let found = problems("{\(base), tls: \(section)}", files: ["/k": "K"])
        #expect(found.contains(words), "\(found)")
    }

    @Test("TLS settings of an upstream without TLS are an error")
    func plain() {
        let found = problems("{provider_type: custom, base_url: 'http://a.example', tls: {minimum_version: 1.3}}")
        #expect(found.contains("there is no TLS"))
    }

    @Test("What TLS cannot use is an error of the section")
    func unusable() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try read("{\(base), tls: {ca_file: /ca}}", files: ["/ca": "CA"]) { _ in throw NoSuchFile(path: "/ca") }
        }
        #expect(error.description.contains("`provider_services.main.p.a.tls`: /ca cannot be read"))
    }

    @Test("A token endpoint is another server: it gets the authorities, and neither the name nor the certificate")
    func tokenEndpoint() throws {
        var tls = UpstreamTLSSettings()
        tls.authorities = .init(path: "/ca", contents: [1])
        tls.clientCertificate = .init(path: "/c", contents: [2])
        tls.clientKey = .init(path: "/k", contents: [3])
        tls.serverName = "b.example"
        let proxy = try #require(UpstreamProxy(url: "http://p:1"))
        let endpoint = try #require(UpstreamAddress(baseURL: "https://tokens.example/token"))
        let route = try UpstreamRouting(proxyChoice: .proxy(proxy), tls: tls).route(toTokens: endpoint)
        var expected = UpstreamTLSSettings()
        expected.authorities = tls.authorities
        expected.trustsSystem = true
        #expect(route == UpstreamRoute(proxy: proxy, tls: expected))
    }
}
