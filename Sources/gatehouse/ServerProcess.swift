// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Dispatch
import Foundation
import GatewayCore
import GatewayDialects
import GatewayGovernance
import GatewayIdentity
import GatewayPipeline
import GatewayServer
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
        /// Where everything is kept that survives a restart.
        var storage: any Storage
        var isInsecure: Bool
        var logFormat: LogFormat
        /// From `GATEHOUSE_ADMIN_TOKEN`.
        var administratorToken: AccessTokenSecret?
        var environment: [String: String]
    }

    static func run(_ settings: Settings, logger: Logger) async throws {
        MemoryTuning.apply()
        Signals.ignoreUntilTrapped()
        let descriptorLimit = DescriptorLimit.raise()
        let tokens = try settings.storage.openAccessTokens()
        let catalog = try settings.storage.openCatalog()
        let vault = try EncryptionKeys(file: settings.storage.keyFile, environment: settings.environment).source()
        let usage = try settings.storage.openUsage()
        let store = try settings.storage.openResponses()
        let stores: [any Store] = [store, usage, catalog, tokens]

        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let threads = LargeBodyThreads()
        let simulator = try await SimulatorListener.start(
            ifWantedBy: settings,
            group: group,
            largeBodies: threads.bodies
        )
        let source = SnapshotSource(
            settings: settings,
            simulator: simulator?.address,
            catalog: catalog,
            tokens: tokens,
            vault: vault,
            logger: logger
        )
        let snapshots = CurrentSnapshot(try source.read())

        let alerts = BudgetAlertService(logger: logger)
        let budgets = BudgetKeeper(alert: alerts.add)
        budgets.load(try usage.budgetSpend(from: BudgetKeeper.earliestPeriod(now: Authenticator.wallClock())))

        let metrics = Metrics()
        let queue = UsageQueue()
        let writer = UsageWriter(
            queue: queue,
            store: usage,
            settings: { snapshots.value.configuration.usage },
            metrics: metrics,
            logger: logger
        )
        let responses = StoredResponses(
            store: store,
            settings: snapshots.value.configuration.server.responses,
            metrics: metrics,
            logger: logger
        )
        let snapshotThread = DispatchQueue(label: "gatehouse.snapshots", qos: .utility)
        let reload = ReloadService(source: source, snapshots: snapshots, thread: snapshotThread, logger: logger)
        let storeWriter = StoreWriter(
            source: source,
            snapshots: snapshots,
            tokens: tokens,
            catalog: catalog,
            thread: snapshotThread,
            logger: logger
        )
        let probe = StoreProbe(storage: settings.storage, stores: stores, logger: logger)
        let stopDeadline = StopDeadline(logger: logger) { queue.depth }
        let server = descriptorLimit.fit(snapshots.value.configuration.server)
        let gauges = ListenerGauges()
        let certificate = TLSReload(server.tls, logger: logger) { try gauges.reloadCertificate() }
        let translator = Dialects()
        let fetcher = IssuerKeyFetcher(logger: logger) { snapshots.value }
        let tokenService = TokenService(
            workspaceID: snapshots.value.configuration.workspaceID,
            keys: try SigningKeyService.load(from: catalog, vault: vault),
            fetchKeys: { issuer, keyID throws(TokenError) in try await fetcher.keys(of: issuer, keyID) }
        )
        let authenticator = Authenticator(
            insecureCaller: settings.isInsecure ? Snapshot.administrator : nil,
            tokens: tokenService,
            metrics: metrics
        )
        let renderMetrics: @Sendable () async -> String = {
            var values = gauges.read(queueDepth: queue.depth, circuits: source.circuits.readings)
            values.budgets = budgets.status(of: snapshots.value.configuration.budgets, at: Authenticator.wallClock())
            return metrics.render(values)
        }
        let web = WebResponder(
            logger: logger,
            readiness: {
                gauges.isStopping
                    ? Readiness(isReady: false, reason: "The gateway is stopping.")
                    : readiness(of: probe, writer, responses, reload, certificate)
            },
            metrics: renderMetrics,
            access: ObservabilityAccess(
                snapshots: snapshots,
                authenticator: authenticator,
                metrics: server.metricsAccess
            ),
            models: ModelRoutes(
                ModelDirectory(snapshots: snapshots, authenticator: authenticator),
                translator: translator
            ),
            oauth: OAuthRoutes(snapshots: snapshots, tokens: tokenService),
            administration: AdministrationRoutes(
                snapshots: snapshots,
                authenticator: authenticator,
                writer: storeWriter,
                services: ServiceTools(
                    writer: storeWriter,
                    definitions: source.reader,
                    vault: vault,
                    snapshots: snapshots
                ),
                budgets: budgets,
                problems: { readiness(of: probe, writer, responses, reload, certificate).problems }
            ),
            translator: translator
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
            largeBodies: threads.bodies,
            budgets: budgets
        )
        let authorities = try PEMFiles.authorities(environment: settings.environment)
        let listener = try await Listener.bind(
            group: group,
            host: settings.host,
            port: settings.port,
            server: server,
            responder: frontDoor(of: gateway, web, server, isInsecure: settings.isInsecure),
            upstreamCertificateFiles: authorities,
            largeBodies: threads.bodies,
            accessLog: server.logsAccess
                ? RequestLog(format: settings.logFormat, writer: .standardError).write : nil,
            malformedRequest: PlainErrorAnswer().write(status:message:),
            logger: logger
        )
        gauges.set(listener)
        let metricsListener = try await MetricsListener.bind(
            server.metricsPort,
            host: settings.host,
            group: group,
            logger: logger,
            metrics: renderMetrics
        )
        descriptorLimit.report(on: snapshots.value.configuration.server, logger: logger)
        if settings.administratorToken == nil, !settings.isInsecure, try createFirstAdministrator(in: tokens) {
            try reload.reloadStoredNow()
        }
        // Services stop in reverse: first the listener, which lets calls end; last the writers, which then write the rest.
        let services: [any Service] = [
            UsageService(writer: writer), alerts, ResponseService(responses: responses),
            ListenerService(listener: simulator?.listener, announce: {}),
            ListenerService(listener: metricsListener, announce: {}), reload, certificate, probe,
            SigningKeyService(store: catalog, vault: vault, tokens: tokenService, logger: logger),
            MemoryService { gauges.read(queueDepth: queue.depth) },
            ListenerService(
                listener: listener,
                announce: { announce(listener, settings, snapshots.value.configuration, server, logger) },
                didStop: stopDeadline.begin
            ),
        ]
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        ).run()
        let lostRows = queue.depth
        for store in stores {
            do {
                try store.close()
            } catch {
                logger.error("A store is not closed properly", metadata: ["error": "\(error)"])
            }
        }
        try await threads.shutDown()
        try await group.shutdownGracefully()
        // Their number is logged by who gave up on them.
        if lostRows > 0 { throw ExitCode.failure }
    }

    /// What requests pass before they reach the gateway, from the outside in.
    private static func frontDoor(
        of gateway: Gateway,
        _ web: WebResponder,
        _ server: Configuration.Server,
        isInsecure: Bool
    ) -> any HTTPResponder {
        var responder: any HTTPResponder = gateway
        if isInsecure {
            responder = LoopbackGuard(responder, translator: Dialects(), crossOrigin: server.crossOrigin)
        }
        if let basePath = server.basePath { responder = BasePathResponder(responder, below: basePath, elsewhere: web) }
        if let crossOrigin = server.crossOrigin { responder = CrossOriginResponder(responder, settings: crossOrigin) }
        return responder
    }

    /// Whether the gateway can serve, from what others have found out: nothing here waits.
    private static func readiness(
        of probe: StoreProbe,
        _ writer: UsageWriter,
        _ responses: StoredResponses,
        _ reload: ReloadService,
        _ certificate: TLSReload
    ) -> Readiness {
        var problems = reload.problems + [certificate.problem].compactMap(\.self)
        if let failure = responses.failure { problems.append("Responses cannot be stored: \(failure)") }
        let failure = probe.problem ?? writer.failure.map { "Usage rows cannot be written: \($0.reason)" }
        guard let failure else { return Readiness(isReady: true, problems: problems) }
        return Readiness(isReady: false, reason: "The store cannot be used.", problems: [failure] + problems)
    }

    /// Creates the administrator's first token and prints it, unless there is any token yet.
    ///
    /// It comes after everything that can keep the gateway from starting, and a token that cannot be printed is not stored: it is shown only once.
    ///
    /// - Returns: Whether a token was created.
    private static func createFirstAdministrator(in store: any AccessTokenStore) throws -> Bool {
        let secret = AccessTokenSecret.random()
        let token = AccessToken(
            id: UUID().uuidString.lowercased(),
            hash: secret.hash,
            principal: Snapshot.administrator.name,
            kind: .user,
            isAdministrator: true,
            comment: "first start",
            createdAt: Int64(Date().timeIntervalSince1970 * 1_000_000)
        )
        do {
            let record = Actor(Snapshot.administrator, time: token.createdAt).record(creating: token)
            return try store.insert(token, record: record, isFirst: true) {
                try StandardStreams.print("Administrator token (shown once, keep it): \(secret.text)")
            }
        } catch let error as StandardStreams.WriteError {
            throw TokenNotShownError(cause: error)
        }
    }

    /// The first start has nobody to show the administrator's token to.
    private struct TokenNotShownError: Error, CustomStringConvertible {
        let cause: StandardStreams.WriteError

        var description: String {
            "The administrator's token cannot be printed, so it is not stored. \(cause) Keep standard output open for the first start, or set GATEHOUSE_ADMIN_TOKEN."
        }
    }

    /// Says what is served, and then where, in a line that programs may wait for.
    private static func announce(
        _ listener: Listener,
        _ settings: Settings,
        _ configuration: Configuration,
        _ server: Configuration.Server,
        _ logger: Logger
    ) {
        let port = listener.address.port ?? settings.port
        let host = Announcement.address(isSecure: server.tls != nil, host: settings.host, port: port)
        let base = host + (server.basePath?.text ?? "")
        for line in StartSummary(settings, configuration, address: base).lines { logger.notice("\(line)") }
        if settings.isInsecure {
            logger.warning("--insecure: no token is needed, and everybody who reaches this port is an administrator.")
        }
        Announcement.print("Gatehouse is listening on", address: host, logger: logger)
    }
}
