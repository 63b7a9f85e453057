// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayPipeline
import Logging

/// The command `gatehouse serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the gateway.",
        discussion: """
            Without --config every model of system.ai is answered by the built-in simulator, offline, and a real provider takes over where \
            its usual key is in the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY).
            On first start an administrator is created and its token is printed once; GATEHOUSE_ADMIN_TOKEN sets that token instead.
            """
    )

    @Option(name: .customLong("config"), help: "The configuration file (YAML).")
    var configurationFile: String?

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 takes a free one.")
    var port = 8080

    @OptionGroup var data: DataOptions

    @Flag(help: "Serve without authentication: every caller is an administrator. Only on a loopback address.")
    var insecure = false

    @Option(
        name: .customLong("log-level"),
        help: "trace, debug, info, notice, warning, error or critical.",
        transform: { text in
            guard let level = Logger.Level(rawValue: text.lowercased()) else {
                throw ValidationError("'\(text)' is no log level.")
            }
            return level
        }
    )
    var logLevel = Logger.Level.info

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be between 0 and 65535.") }
        if insecure, !["127.0.0.1", "::1", "localhost"].contains(host) {
            throw ValidationError(
                "--insecure serves without authentication, so it binds to a loopback address only, not to \(host)."
            )
        }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let level = logLevel
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let settings = ServerProcess.Settings(
            configurationFile: configurationFile,
            host: host,
            port: port,
            directory: try data.directory(),
            isInsecure: insecure,
            administratorToken: environment["GATEHOUSE_ADMIN_TOKEN"].flatMap {
                $0.isEmpty ? nil : AccessTokenSecret($0)
            },
            environment: environment
        )
        try await ServerProcess.run(settings, logger: Logger(label: "gatehouse"))
    }
}
