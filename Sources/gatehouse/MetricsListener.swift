// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayServer
import GatewayTransport
import Logging
import NIOPosix

/// The port that serves nothing but `/metrics`.
enum MetricsListener {
    /// Binds it, on the address of the gateway; nil where no port is wanted.
    static func bind(
        _ port: Int?,
        host: String,
        group: MultiThreadedEventLoopGroup,
        logger: Logger,
        metrics: @escaping @Sendable () async -> String
    ) async throws -> Listener? {
        guard let port else { return nil }
        let listener = try await Listener.bind(
            group: group,
            host: host,
            port: port,
            server: Configuration.Server(),
            responder: MetricsResponder(metrics: metrics),
            malformedRequest: PlainErrorAnswer().write(status:message:),
            logger: logger
        )
        logger.info("Metrics are served", metadata: ["address": "\(listener.address)"])
        return listener
    }
}
