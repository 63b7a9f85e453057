// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("Settings of the listener")
struct ServerSectionTests {
    @Test("Everything that operators may turn on is off, unless the file says otherwise")
    func defaults() throws {
        let server = try configuration("{}").server
        #expect(server.crossOrigin == nil && server.basePath == nil)
        #expect(server.trustedProxies.isEmpty && !server.expectsProxyHeader && !server.logsAccess)
    }

    @Test("Origins, proxies and the base path are read")
    func values() throws {
        let server = try configuration(
            """
            server:
              cors: {allowed_origins: ["https://App.example", "http://[::1]:5173", vscode-webview://abc], max_age: 1h}
              trusted_proxies: [10.0.0.0/8, "::1"]
              proxy_protocol: true
              base_path: /ai/gateway
              access_log: true
            """
        ).server
        let crossOrigin = try #require(server.crossOrigin)
        #expect(crossOrigin.maximumAge == .seconds(3600))
        for origin in ["https://app.example", "HTTPS://APP.EXAMPLE", "http://[::1]:5173", "vscode-webview://abc"] {
            #expect(crossOrigin.lists(origin))
        }
        for origin in ["https://app.example:8443", "http://app.example", "*", "null"] {
            #expect(!crossOrigin.lists(origin))
        }
        #expect(server.trustedProxies == ["10.0.0.0/8", "::1"].compactMap(AddressRange.init))
        #expect(server.expectsProxyHeader && server.logsAccess)
        #expect(server.basePath?.text == "/ai/gateway")
    }

    @Test("`*` allows every origin, and lists none")
    func anyOrigin() throws {
        let crossOrigin = try configuration("server: {cors: {allowed_origins: ['*']}}").server.crossOrigin
        #expect(crossOrigin?.allowedOrigins == ["*"])
        #expect(crossOrigin?.lists("*") == false)
    }

    @Test(
        "What is wrong is named",
        arguments: [
            ("cors: {}", "`server.cors` lacks the key `allowed_origins`"),
            ("cors: {allowed_origins: []}", "must be a list of 1 to 256"),
            ("cors: {allowed_origins: [app.example]}", "`server.cors.allowed_origins[0]` must be an origin"),
            ("cors: {allowed_origins: ['https://app.example/']}", "must be an origin"),
            ("cors: {allowed_origins: ['https://app.example:443']}", "must be an origin"),
            ("trusted_proxies: [10.0.0.0/33]", "`server.trusted_proxies[0]` must be an IP address or a range"),
            ("trusted_proxies: [proxy.example]", "must be an IP address or a range"),
            ("proxy_protocol: true", "`server.proxy_protocol` needs `trusted_proxies`"),
            ("base_path: gateway/", "`server.base_path` must be a path"),
            ("access_log: yes", "`server.access_log` must be `true` or `false`"),
        ]
    )
    func wrong(text: String, message: String) {
        let errors = errors("server: {\(text)}")
        #expect(errors.count == 1 && errors[0].contains(message), "\(errors)")
    }
}
