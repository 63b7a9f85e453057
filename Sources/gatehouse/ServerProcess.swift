// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import GatewayPipeline
import GatewayServer
import GatewayStorage
import GatewayTransport
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// A running gateway: makes the parts, joins them, runs them until a signal.
///
/// The one place where all targets meet.
enum ServerProcess {
    struct Settings: Sendable {
        var configurationFile: String?
        var host: String
        var port: Int
        var directory: DataDirectory
        var isInsecure: Bool
        var administratorToken: AccessTokenSecret?
        var environment: [String: String]
    }

    static func run(_ settings: Settings, logger: Logger) async throws {
        MemoryTuning.apply()
        Signals.ignoreUntilTrapped()
        try settings.directory.create()
        let tokens = try SQLiteAccessTokenStore(directory: settings.directory)
        let usage = try SQLiteUsageStore(directory: settings.directory)
        let store = try SQLiteResponseStore(directory: settings.directory)
        let newToken =
            try settings.administratorToken == nil && !settings.isInsecure ? firstAdministrator(in: tokens) : nil

        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let threads = LargeBodyThreads()
        let simulator = try await SimulatorListener.start(
            ifWantedBy: settings,
            group: group,
            largeBodies: threads.bodies
        )
        let source = SnapshotSource(settings: settings, simulator: simulator?.address, tokens: tokens)
        let firstStamps = source.stamps()
        let snapshots = CurrentSnapshot(try source.read())

        let metrics = Metrics()
        let queue = UsageQueue()
        let writer = UsageWriter(queue: queue, store: usage, metrics: metrics, logger: logger)
        let responses = StoredResponses(
            store: store,
            settings: snapshots.value.configuration.server.responses,
            metrics: metrics,
            logger: logger
        )
        let reload = ReloadService(
            source: source,
            firstStamps: firstStamps,
            snapshots: snapshots,
            logger: logger
        )
        let gauges = ListenerGauges()
        let translator = Dialects()
        let authenticator = Authenticator(
            insecureCaller: settings.isInsecure ? Snapshot.administrator : nil,
            metrics: metrics
        )
        let web = WebResponder(
            logger: logger,
            readiness: {
                do {
                    try tokens.check()
                    try usage.check()
                    try store.check()
                } catch {
                    return Readiness(isReady: false, problems: ["The store cannot be used: \(error)"])
                }
                return Readiness(isReady: true, problems: reload.problems)
            },
            metrics: { metrics.render(gauges.read(queueDepth: queue.depth)) },
            models: ModelRoutes(
                ModelDirectory(snapshots: snapshots, authenticator: authenticator),
                translator: translator
            )
        )
        let gateway = Gateway(
            snapshots: snapshots,
            translator: translator,
            usageQueue: queue,
            responses: responses,
            metrics: metrics,
            logger: logger,
            web: web,
            authenticator: authenticator,
            largeBodies: threads.bodies
        )
        let server = snapshots.value.configuration.server
        let listener = try await Listener.bind(
            group: group,
            host: settings.host,
            port: settings.port,
            server: server,
            responder: gateway,
            upstreamCertificateFile: settings.environment["SSL_CERT_FILE"],
            malformedRequest: PlainErrorAnswer().write(status:message:)
        )
        gauges.set(listener)
        // Services stop in reverse: first the listener, which lets calls end; last the writers, which then write the rest.
        let services: [any Service] = [
            UsageService(writer: writer), ResponseService(responses: responses),
            ListenerService(listener: simulator?.listener, announce: {}), reload,
            ListenerService(listener: listener) {
                announce(listener, settings, isSecure: server.tls != nil, newToken: newToken)
            },
        ]
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        ).run()
        try store.close()
        try usage.close()
        try tokens.close()
        try await threads.shutDown()
        try await group.shutdownGracefully()
    }

    /// Creates the administrator's first token unless there is any token yet.
    private static func firstAdministrator(in store: SQLiteAccessTokenStore) throws -> AccessTokenSecret? {
        guard try store.accessTokens().isEmpty else { return nil }
        let secret = AccessTokenSecret.random()
        try store.insert(
            AccessToken(
                id: UUID().uuidString.lowercased(),
                hash: secret.hash,
                principal: Snapshot.administrator.name,
                kind: .user,
                isAdministrator: true,
                comment: "first start",
                createdAt: Int64(Date().timeIntervalSince1970 * 1_000_000)
            )
        )
        return secret
    }

    private static func announce(
        _ listener: Listener,
        _ settings: Settings,
        isSecure: Bool,
        newToken: AccessTokenSecret?
    ) {
        if let newToken {
            print("Administrator token (shown once, keep it): \(newToken.text)")
        }
        let port = listener.address.port ?? settings.port
        Announcement.print("Gatehouse is listening on", isSecure: isSecure, host: settings.host, port: port)
    }
}
