// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import GatewayCore

/// The command line.
@main
struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A self-hosted AI gateway: every model through every API, governed and accounted for.",
        discussion:
            "`gatehouse serve` starts it. `gatehouse --generate-completion-script bash` (or zsh, fish) prints completions for your shell.",
        version: "gatehouse \(Version.current)",
        subcommands: [
            ServeCommand.self, CheckCommand.self, ModelsCommand.self, TokenCommand.self, SQLCommand.self,
            ExportCommand.self, BackupCommand.self, RestoreCommand.self, KeyCommand.self, SimulateCommand.self,
        ]
    )

    static func main() async {
        StandardStreams.secure()
        await main(nil)
    }
}

/// Options that several commands share.
struct DataOptions: ParsableArguments {
    @Option(
        name: .customLong("data"),
        help: "The data directory. Default: $XDG_DATA_HOME/gatehouse or ~/.local/share/gatehouse."
    )
    var path: String?
}
