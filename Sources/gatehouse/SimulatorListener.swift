// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayPipeline
import GatewayServer
import GatewaySimulator
import GatewayTransport
import NIOCore
import NIOPosix

/// The built-in simulator on a loopback port of its own: to the gateway it is an upstream like any other.
struct SimulatorListener {
    let listener: Listener
    let address: SimulatorAddress

    /// Starts it where the configuration wants simulated models; nil where it does not.
    static func start(
        ifWantedBy settings: ServerProcess.Settings,
        group: MultiThreadedEventLoopGroup,
        largeBodies: LargeBodies
    ) async throws -> SimulatorListener? {
        if let file = settings.configurationFile {
            let reader = SnapshotSource.reader(environment: settings.environment, simulator: nil)
            guard reader.wantsSimulator(contents: try SnapshotSource.contents(of: file)) else { return nil }
        }
        // Nobody but this process shall use it, so the key is made up and never shown.
        let key = AccessTokenSecret.random().text
        let listener = try await bind(
            group: group,
            host: "127.0.0.1",
            port: 0,
            settings: SimulatorSettings(apiKey: key),
            largeBodies: largeBodies
        )
        return SimulatorListener(
            listener: listener,
            address: SimulatorAddress(port: listener.address.port ?? 0, apiKey: key)
        )
    }

    static func bind(
        group: MultiThreadedEventLoopGroup,
        host: String,
        port: Int,
        settings: SimulatorSettings,
        largeBodies: LargeBodies
    ) async throws -> Listener {
        var server = Configuration.Server()
        // All of its requests are of one caller.
        server.bodyBytesInFlightPerCaller = server.maximumBodyBytesInFlight
        server.requestsInFlightPerCaller = server.maximumConnections
        return try await Listener.bind(
            group: group,
            host: host,
            port: port,
            server: server,
            responder: SimulatorResponder(Simulator(settings), largeBodies: largeBodies),
            largeBodies: largeBodies,
            malformedRequest: PlainErrorAnswer().write(status:message:)
        )
    }
}
