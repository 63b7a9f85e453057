// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import GatewayCore
import GatewayTransport

/// The command `gatehouse check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration file without serving it.",
        discussion: """
            Prints each problem with its line, and exits with status 1 if there is any. Variables such as ${OPENAI_API_KEY} are looked up in \
            the environment of this command, and files that the configuration names are read, so run it where the gateway will run.
            """
    )

    @Option(name: .customLong("config"), help: "The configuration file (YAML).")
    var file: String

    func run() async throws {
        let configuration: Configuration
        do {
            configuration = try OfflineConfiguration.read(file: file)
            if let tls = configuration.server.tls { try PEMFiles.check(tls) }
        } catch {
            OfflineConfiguration.report(error)
            throw ExitCode.failure
        }
        for warning in Self.warnings(about: configuration) { print("\(file): warning: \(warning)") }
        let services = Self.count(configuration.modelServices.count, "model service")
        let providers = Self.count(configuration.providerServices.count, "provider service")
        print("\(file) is valid: \(services), \(providers).")
    }

    /// What is allowed, and probably not what the author wants.
    static func warnings(about configuration: Configuration) -> [String] {
        var warnings: [String] = []
        if configuration.modelServices.isEmpty {
            warnings.append("There is no model service, so there is nothing to call.")
        }
        for service in configuration.modelServices where service.inferenceTable != nil {
            warnings.append("`inference_table` of \(service.name) is not written yet.")
        }
        let used = Set(configuration.modelServices.flatMap { $0.destinations + $0.fallback }.map(\.service.name))
        for service in configuration.providerServices where !service.isSimulated && !used.contains(service.name) {
            warnings.append("No model service uses \(service.name).")
        }
        return warnings
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
