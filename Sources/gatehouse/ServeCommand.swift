// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayCore
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

    @Option(help: "The port to listen on; 0 chooses a free one.")
    var port = 8080

    @OptionGroup var data: DataOptions

    @Flag(help: "Serve without authentication: every caller is an administrator. Only on a loopback address.")
    var insecure = false

    @Option(
        name: .customLong("log-level"),
        help: "The log level: trace, debug, info, notice, warning, error or critical.",
        transform: { text in
            guard let level = Logger.Level(rawValue: text.lowercased()) else {
                throw ValidationError("'\(text)' is not a valid log level.")
            }
            return level
        }
    )
    var logLevel = Logger.Level.info

    @Option(name: .customLong("log-format"), help: "How the log is written: text, or json for one object per line.")
    var logFormat = LogFormat.text

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be between 0 and 65535.") }
        if insecure, !["127.0.0.1", "::1", "localhost"].contains(host) {
            throw ValidationError(
                "--insecure serves without authentication, so it binds to a loopback address only, not to \(host)."
            )
        }
    }

    func run() async throws {
        LineLogHandler.bootstrap(level: logLevel, format: logFormat)
        defer { LogWriter.standardError.flush() }
        let logger = Logger(label: "gatehouse")
        do {
            try await ServerProcess.run(try settings(logger), logger: logger)
        } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            // A line for each thing that is wrong, and no trace.
            for line in "\(error)".split(separator: "\n") { logger.critical("Gatehouse cannot run: \(line)") }
            throw ExitCode.failure
        }
    }

    private func settings(_ logger: Logger) throws -> ServerProcess.Settings {
        let environment = ProcessInfo.processInfo.environment
        let token = try AccessTokenSecret.administrator(
            fromEnvironment: insecure ? nil : environment["GATEHOUSE_ADMIN_TOKEN"],
            isExposed: host != "localhost" && !Loopback.contains(address: host)
        )
        if let warning = token.warning { logger.warning("\(warning)") }
        return ServerProcess.Settings(
            configurationFile: configurationFile,
            host: host,
            port: port,
            storage: try data.storage(),
            isInsecure: insecure,
            logFormat: logFormat,
            administratorToken: token.secret,
            environment: environment
        )
    }
}
