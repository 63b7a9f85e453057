// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayCore
import GatewaySQL

/// The command `gatehouse models`.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models that a configuration serves, and who answers for each.",
        discussion: "Without --config it lists the built-in models. The gateway need not run."
    )

    @Option(name: .customLong("config"), help: "The configuration file (YAML).")
    var file: String?

    @Option(help: "The output format: table, csv or json.")
    var format = SQLOutputFormat.table

    func run() async throws {
        let configuration: Configuration
        do {
            configuration = try OfflineConfiguration.read(file: file)
        } catch {
            OfflineConfiguration.report(error)
            throw ExitCode.failure
        }
        let services = configuration.modelServices.sorted { $0.name.description < $1.name.description }
        try SQLFront.write(
            columns: ["name", "answered_by", "models", "fallback", "native_api_types"],
            rows: services.map(Self.row),
            format: format,
            isTerminal: isatty(STDOUT_FILENO) == 1
        ) { text in
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        }
    }

    private static func row(_ service: ModelService) -> [QueryValue] {
        [
            .text(service.name.description),
            .text(distinct(service.destinations.map(provider)).joined(separator: ", ")),
            .text(
                service.destinations.map { model($0, ofSeveral: service.destinations.count > 1) }.joined(
                    separator: ", "
                )
            ),
            service.fallback.isEmpty
                ? .null : .text(service.fallback.map { "\(provider($0)) \($0.model)" }.joined(separator: ", ")),
            .text(distinct(service.destinations.flatMap(\.wireFormats).map(\.apiTypeName)).joined(separator: ", ")),
        ]
    }

    private static func provider(_ destination: Destination) -> String {
        destination.service.isSimulated ? "simulator" : destination.service.name.description
    }

    private static func model(_ destination: Destination, ofSeveral: Bool) -> String {
        guard ofSeveral, let share = destination.trafficPercentage else { return destination.model }
        return "\(destination.model) (\(share) %)"
    }

    private static func distinct(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
