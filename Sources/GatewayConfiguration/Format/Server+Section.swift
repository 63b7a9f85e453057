// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension Configuration.Server {
    /// `server`.
    static let section: Section<Configuration.Server> = {
        let standard = Configuration.Server()
        let hour = Duration.seconds(3600)
        let tls = Field("tls", .section(TLS.section), .optional("plain HTTP"), "Serve HTTPS.")
        let basePath = Field(
            "base_path",
            .basePath,
            .optional("the root"),
            "The path below which everything is served; requests elsewhere get 404. For a proxy that takes the path off, leave it out and have the proxy send `X-Forwarded-Prefix`."
        )
        let crossOrigin = Field(
            "cors",
            .section(CrossOrigin.section),
            .optional("no access"),
            "Access for web pages of other origins."
        )
        let trustedProxies = Field(
            "trusted_proxies",
            .list(of: .addressRange, count: 0...64),
            .optional("none"),
            "Addresses of reverse proxies. From them, and from nobody else, the gateway takes the client's address from `X-Forwarded-For` (the last address that is not a trusted proxy's), and the scheme, host and path of the addresses that it writes from `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-Prefix`."
        )
        let proxyProtocol = Field(
            "proxy_protocol",
            .boolean,
            .optional("`false`"),
            "Whether each connection from `trusted_proxies` begins with a header of the PROXY protocol (version 1 or 2), before TLS. A connection without one is closed."
        )
        let accessLog = Field(
            "access_log",
            .boolean,
            .optional("`false`"),
            "Log a line for each request when it has ended."
        )
        let bodyBytes = Field(
            "max_body_bytes",
            .size(1024...1 << 30),
            .optional("`\(sizeText(standard.maximumBodyBytes))`"),
            "The maximum size of a request body, decompressed; a larger one gets 413."
        )
        let bodyBytesInFlight = Field(
            "max_body_bytes_in_flight",
            .size(1024...1 << 40),
            .optional("`\(sizeText(standard.maximumBodyBytesInFlight))`"),
            "The memory of all in-flight requests: bodies, stored conversations, responses that wait to be sent. At least `max_body_bytes`; beyond it, requests get 503."
        )
        let bodyBytesPerCaller = Field(
            "max_body_bytes_in_flight_per_caller",
            .size(1024...1 << 40),
            .optional("a quarter of `max_body_bytes_in_flight`, and at least `max_body_bytes`"),
            "The memory of the in-flight requests of one user or service principal; beyond it, its requests get 429. At least `max_body_bytes`."
        )
        let headBytes = Field(
            "max_head_bytes",
            .size(1024...1 << 20),
            .optional("`\(sizeText(standard.maximumHeadBytes))`"),
            "The maximum size of a request head; a larger one gets 431."
        )
        let connections = Field(
            "max_connections",
            .integer(1...1_000_000),
            .optional("`\(standard.maximumConnections)`"),
            "The maximum number of client connections. Beyond it, the connection that has been idle longest (for at least a second) is closed, one without a valid token first. If there is none, the new one is closed."
        )
        let requestsPerCaller = Field(
            "max_requests_in_flight_per_caller",
            .integer(1...1_000_000),
            .optional("three quarters of `max_connections`, and at least 256"),
            "The maximum number of in-flight requests of one user or service principal; beyond it, its requests get 429."
        )
        let clientTimeout = Field(
            "client_timeout",
            .duration(.milliseconds(1)...hour),
            .optional("`\(durationText(standard.clientTimeout))`"),
            "How long a client may take to send a head, and to send the next part of a body. A complete body may take ten times as long, or longer if it arrives at 1 KiB per second or more."
        )
        let keepAliveTimeout = Field(
            "keep_alive_timeout",
            .duration(.milliseconds(1)...hour),
            .optional("`\(durationText(standard.keepAliveTimeout))`"),
            "How long an idle keep-alive connection stays open."
        )
        let drainDelay = Field(
            "drain_delay",
            .duration(.zero...hour),
            .optional("`\(durationText(standard.drainDelay))`"),
            "How long the gateway accepts connections after the signal to stop, while `/ready` returns 503 and every response asks its client to close the connection. Set it to the time your load balancer needs to notice."
        )
        let shutdownTimeout = Field(
            "shutdown_timeout",
            .duration(.zero...hour),
            .optional("`\(durationText(standard.shutdownTimeout))`"),
            "How long in-flight requests may drain after the signal to stop and `drain_delay`."
        )
        let metricsAccess = Field(
            "metrics_access",
            ValueType<MetricsAccess>.choice(),
            .optional("`\(standard.metricsAccess.rawValue)`"),
            "Who may read `/metrics`: `administrators` with their token; `loopback`, administrators and connections from the same machine that do not come through a proxy; `open`, everybody."
        )
        let metricsPort = Field(
            "metrics_port",
            .integer(1...65535),
            .optional("none"),
            "A port of its own for `/metrics`, without TLS and without a token, on the address of the gateway. Let nobody but your monitoring reach it."
        )
        let responses = Field(
            "responses",
            .section(Responses.section),
            .optional("as below"),
            "Storage of responses for the Responses API."
        )
        return Section(
            "server",
            "The listener and its limits. Address and port are arguments of `gatehouse serve`.",
            fields: [
                tls.documentation, basePath.documentation, crossOrigin.documentation, trustedProxies.documentation,
                proxyProtocol.documentation, accessLog.documentation,
                bodyBytes.documentation, bodyBytesInFlight.documentation, bodyBytesPerCaller.documentation,
                headBytes.documentation, connections.documentation,
                requestsPerCaller.documentation, clientTimeout.documentation, keepAliveTimeout.documentation,
                drainDelay.documentation, shutdownTimeout.documentation, metricsAccess.documentation,
                metricsPort.documentation,
                responses.documentation,
            ]
        ) { values, reading in
            var server = Configuration.Server()
            server.tls = values.read(tls, &reading)
            server.basePath = values.read(basePath, &reading)
            server.crossOrigin = values.read(crossOrigin, &reading)
            server.trustedProxies = values.read(trustedProxies, &reading)?.map(\.value) ?? []
            server.expectsProxyHeader = values.read(proxyProtocol, &reading) ?? false
            server.logsAccess = values.read(accessLog, &reading) ?? false
            if server.expectsProxyHeader, !values.has(trustedProxies) {
                let place = values.place(of: proxyProtocol)
                reading.report(place, "\(place.name) needs `trusted_proxies`: anybody could claim any address.")
            }
            server.responses = values.read(responses, &reading) ?? server.responses
            server.metricsAccess = values.read(metricsAccess, &reading) ?? server.metricsAccess
            server.metricsPort = values.read(metricsPort, &reading)
            server.maximumBodyBytes = values.read(bodyBytes, &reading) ?? server.maximumBodyBytes
            let inFlight = values.read(bodyBytesInFlight, &reading)
            server.maximumBodyBytesInFlight = inFlight ?? max(server.maximumBodyBytesInFlight, server.maximumBodyBytes)
            server.bodyBytesInFlightPerCaller = values.read(bodyBytesPerCaller, &reading)
            server.maximumHeadBytes = values.read(headBytes, &reading) ?? server.maximumHeadBytes
            server.maximumConnections = values.read(connections, &reading) ?? server.maximumConnections
            server.requestsInFlightPerCaller = values.read(requestsPerCaller, &reading)
            server.clientTimeout = values.read(clientTimeout, &reading) ?? server.clientTimeout
            server.keepAliveTimeout = values.read(keepAliveTimeout, &reading) ?? server.keepAliveTimeout
            server.drainDelay = values.read(drainDelay, &reading) ?? server.drainDelay
            server.shutdownTimeout = values.read(shutdownTimeout, &reading) ?? server.shutdownTimeout
            for (bytes, field) in [
                (server.maximumBodyBytesInFlight, bodyBytesInFlight),
                (server.maximumBodyBytesInFlightPerCaller, bodyBytesPerCaller),
            ] where bytes < server.maximumBodyBytes {
                let place = values.place(of: field)
                reading.report(
                    place,
                    "\(place.name) must be at least `max_body_bytes`, \(sizeText(server.maximumBodyBytes))."
                )
            }
            return server
        }
    }()
}

extension Configuration.Server.TLS {
    /// `server.tls`.
    fileprivate static let section: Section<Configuration.Server.TLS> = {
        let certificate = Field(
            "certificate",
            ValueType.text(limit: 4096),
            .required,
            "PEM file with the certificate chain, the gateway's own certificate first."
        )
        let key = Field("key", ValueType.text(limit: 4096), .required, "PEM file with the private key.")
        return Section(
            "server.tls",
            "Certificate and key of the listener. Relative paths are relative to the working directory.",
            fields: [certificate.documentation, key.documentation]
        ) { values, reading in
            let chain = values.read(certificate, &reading)
            let secret = values.read(key, &reading)
            guard let chain, let secret else { return nil }
            return Configuration.Server.TLS(certificate: chain, key: secret)
        }
    }()
}
