// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayProviders
import Testing

@Suite("Proxies")
struct ProxyTests {
    private func address(_ url: String) throws -> UpstreamAddress { try #require(UpstreamAddress(baseURL: url)) }

    private func proxy(_ environment: [String: String], _ url: String = "https://api.example.com") throws -> String? {
        try ProxyEnvironment(environment).proxy(for: try address(url))?.description
    }

    @Test("The scheme of the upstream chooses the variable, lower case counts first, and empty ones do not count")
    func variables() throws {
        #expect(try proxy([:]) == nil)
        #expect(try proxy(["HTTPS_PROXY": "http://p:3128"]) == "http://p:3128")
        #expect(try proxy(["HTTPS_PROXY": "http://p:3128"], "http://api.example.com") == nil)
        #expect(try proxy(["HTTP_PROXY": "http://p:3128"], "http://api.example.com") == "http://p:3128")
        #expect(try proxy(["HTTPS_PROXY": "http://a", "https_proxy": "http://b"]) == "http://b")
        #expect(try proxy(["https_proxy": "", "HTTPS_PROXY": "http://a"]) == "http://a")
        #expect(try proxy(["ALL_PROXY": "p:3128"]) == "http://p:3128")
        #expect(try proxy(["all_proxy": "p:1", "HTTPS_PROXY": "p:2"]) == "http://p:2")
        #expect(try proxy(["HTTPS_PROXY": "https://p"]) == "https://p")
        #expect(try proxy(["HTTPS_PROXY": "http://p/"]) == "http://p")
    }

    @Test(
        "This machine is never reached through a proxy of the environment",
        arguments: ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"]
    )
    func loopback(host: String) throws {
        #expect(try proxy(["ALL_PROXY": "socks5://unused"], "https://\(host):8443") == nil)
    }

    @Test(
        "Exceptions are names with their subdomains, addresses, networks, ports, or all",
        arguments: [
            ("*", "api.example.com", true), ("a, *", "api.example.com", true),
            ("example.com", "example.com", true), ("example.com", "api.example.com", true),
            ("example.com", "notexample.com", false), ("example.com", "example.com.evil.org", false),
            (".example.com", "example.com", true), (".example.com", "api.example.com", true),
            ("*.example.com", "api.example.com", true), ("EXAMPLE.com.", "api.Example.COM.", true),
            ("api.example.com", "example.com", false), ("com", "example.com", true),
            ("a.org example.com", "example.com", true), ("a.org,,example.com,", "example.com", true),
            ("example.com:8443", "example.com", false), ("example.com:443", "example.com", true),
            ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.10", false), ("0.0.1", "10.0.0.1", false),
            ("10.0.0.0/8", "10.9.8.7", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/12", "10.15.0.1", true), ("10.0.0.0/12", "10.16.0.1", false),
            ("0.0.0.0/0", "9.9.9.9", true), ("10.0.0.0/33", "10.0.0.1", false), ("10.0.0.0/8", "a.10.0.0.1", false),
            ("10.0.0.1:443", "10.0.0.1", true), ("10.0.0.1:80", "10.0.0.1", false),
            ("fd00::/8", "[fd12::1]", true), ("fd00::/8", "[fe80::1%25eth0]", false), ("fd12::1", "[fd12:0::1]", true),
            ("[fd12::1]", "[fd12::1]", true), ("[fd12::1]:443", "[fd12::1]", true),
            ("[fd12::1]:80", "[fd12::1]", false), ("10.0.0.0/8", "[::ffff:10.1.1.1]", true),
            ("", "example.com", false), (":443", "example.com", false), ("example.com:x", "example.com", false),
        ]
    )
    func exceptions(list: String, host: String, isException: Bool) throws {
        for name in ["no_proxy", "NO_PROXY"] {
            let found = try proxy(["HTTPS_PROXY": "http://p", name: list], "https://\(host)")
            #expect((found == nil) == isException, "\(list) \(host)")
        }
    }

    @Test("Credentials are percent-decoded, and no description has them")
    func credentials() throws {
        let proxy = try #require(UpstreamProxy(url: "http://us%40er:p%3Aa:s%2Fs@proxy:3128"))
        // us@er:p:a:s/s
        #expect(proxy.authorization == "Basic dXNAZXI6cDphOnMvcw==")
        #expect("\(proxy)" == "http://proxy:3128")
        #expect(UpstreamProxy(url: "http://user@proxy")?.authorization == "Basic dXNlcjo=")
        #expect(UpstreamProxy(url: "http://a:b@c@proxy")?.address.host == "proxy")
    }

    @Test(
        "What is not a proxy's URL is refused",
        arguments: [
            "", "proxy", "proxy:3128", "http://", "socks5://p:1080", "socks5h://p", "ftp://p", "http://p/path",
            "http://p?q", "http://p:0", "http://p:99999", "http://a%3Ab:c@p", "http://%FF:c@p", "http://p\r\nx",
        ]
    )
    func malformed(url: String) {
        #expect(UpstreamProxy(url: url) == nil)
    }

    @Test("A provider's own proxy takes the place of the environment's")
    func choice() throws {
        let environment = ["HTTPS_PROXY": "http://env:1", "NO_PROXY": "other.example.com"]
        func proxy(_ more: String) throws -> UpstreamProxy? {
            let text =
                "provider_services: {main.p.a: {provider_type: custom, base_url: 'https://other.example.com'\(more)}}"
            return try configuration(text, environment: environment).providerService("main.p.a")?.route.proxy
        }
        #expect(try proxy("") == nil)
        #expect(try proxy(", proxy: 'http://own:2'")?.description == "http://own:2")
        let text = "provider_services: {main.p.a: {provider_type: openai, api_key: k\(", proxy: none")}}"
        #expect(try configuration(text, environment: environment).providerService("main.p.a")?.route.proxy == nil)
        let usual = "provider_services: {main.p.a: {provider_type: openai, api_key: k}}"
        let service = try configuration(usual, environment: environment).providerService("main.p.a")
        #expect(service?.route.proxy?.description == "http://env:1")
    }

    @Test("The vendors of the built-in configuration are reached through the environment's proxy, the simulator is not")
    func builtIn() throws {
        func builtIn(_ proxy: String) throws -> Configuration {
            let environment = ["OPENAI_API_KEY": "k", "HTTPS_PROXY": proxy, "ALL_PROXY": proxy]
            return try ConfigurationReader(providers: Providers.all, environment: environment, simulator: simulator)
                .builtIn()
        }
        for service in try builtIn("http://p:3128").providerServices {
            #expect((service.route.proxy == nil) == service.isSimulated)
        }
        let error = try #require(throws: ConfigurationError.self) { try builtIn("socks5://canary") }
        #expect(error.description.contains("`HTTPS_PROXY`") && !error.description.contains("canary"))
    }

    @Test("A proxy that is of no use is an error of those who would use it, without its value")
    func errorsOfVariables() {
        let secure = "provider_services: {main.p.a: {provider_type: openai, api_key: k}}"
        let local = "provider_services: {main.p.a: {provider_type: custom, base_url: 'http://localhost:1'}}"
        let environment = ["ALL_PROXY": "socks5://user:canary@p:1080"]
        #expect(errors(local, environment: environment).isEmpty)
        let found = errors(secure, environment: environment)
        #expect(found.count == 1 && found[0].contains("`ALL_PROXY`") && found[0].contains("SOCKS"))
        #expect(!found.joined().contains("canary"))
        let own = errors(
            "provider_services: {main.p.a: {provider_type: openai, api_key: k, proxy: 'socks5://user:canary@p'}}"
        )
        #expect(own.count == 1 && own[0].contains("`provider_services.main.p.a.proxy`"))
        #expect(!own.joined().contains("canary"))
    }

    @Test("An address that is verified by name may be reached through a proxy, and no other")
    func addresses() {
        let text =
            "provider_services: {main.p.a: {provider_type: custom, base_url: 'https://10.0.0.1', proxy: 'http://p'"
        #expect(errors(text + "}}").contains { $0.contains("`tls.server_name`") })
        #expect(errors(text + ", tls: {server_name: a.example.com}}}").isEmpty)
    }
}
