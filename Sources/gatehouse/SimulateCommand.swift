// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import GatewaySimulator
import GatewayTransport
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// The command `gatehouse simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract:
            "Serve the simulator alone: a deterministic model that speaks the vendors' APIs, for tests and benchmarks."
    )

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 chooses a free one.")
    var port = 9100

    @Option(name: .customLong("api-key"), help: "The key that callers must send. Default: any key is accepted.")
    var apiKey: String?

    @Option(name: .customLong("first-token-ms"), help: "Milliseconds before the first token.")
    var firstToken = 0

    @Option(name: .customLong("inter-token-ms"), help: "Milliseconds between two tokens.")
    var interToken = 0

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be between 0 and 65535.") }
        guard (0...3_600_000).contains(firstToken), (0...3_600_000).contains(interToken) else {
            throw ValidationError("Delays must be between 0 and 3600000 milliseconds.")
        }
    }

    func run() async throws {
        LineLogHandler.bootstrap(level: .info)
        defer { LogWriter.standardError.flush() }
        let logger = Logger(label: "gatehouse")
        Signals.ignoreUntilTrapped()
        _ = DescriptorLimit.raise()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let threads = LargeBodyThreads()
        let pace = Pace(firstToken: .milliseconds(firstToken), interToken: .milliseconds(interToken))
        let listener = try await SimulatorListener.bind(
            group: group,
            host: host,
            port: port,
            settings: SimulatorSettings(apiKey: apiKey, pace: pace),
            largeBodies: threads.bodies
        )
        let (host, port) = (host, listener.address.port ?? port)
        try await ServiceGroup(
            services: [
                ListenerService(listener: listener) {
                    Announcement.print(
                        "The simulator is listening on",
                        address: Announcement.address(host: host, port: port),
                        logger: logger
                    )
                }
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        ).run()
        try await threads.shutDown()
        try await group.shutdownGracefully()
    }
}
