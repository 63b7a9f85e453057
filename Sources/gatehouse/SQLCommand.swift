// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayCore
import GatewaySQL

/// The command `gatehouse sql`.
struct SQLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Query the gateway's tables with SQL, also while it serves.",
        discussion: """
            Example: gatehouse sql "SELECT service_name, count(*) FROM system.ai_gateway.usage GROUP BY 1"
            If the statement begins with a comment, put -- before it.
            """
    )

    @Argument(help: "A read-only statement.")
    var statement: String

    @Option(help: "The output format: table, csv or json.")
    var format = SQLOutputFormat.table

    @Option(help: "The time limit of the statement in seconds.")
    var timeout = 60

    @OptionGroup var data: DataOptions

    func validate() throws {
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout must be between 1 and 86400.") }
    }

    func run() async throws {
        do {
            var limits = QueryLimits()
            limits.time = .seconds(timeout)
            let engine = try data.storage().openQueries(limits: limits)
            try SQLFront(engine: engine).run(statement, format: format, isTerminal: isatty(STDOUT_FILENO) == 1) {
                text in
                try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
            }
        } catch let error as QueryError {
            FileHandle.standardError.write(Data("\(TerminalText.escaping("\(error)"))\n".utf8))
            throw ExitCode.failure
        }
    }
}

extension SQLOutputFormat: ExpressibleByArgument {}
