// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayCore
import GatewayGovernance
import GatewaySQL

/// The command `gatehouse sql`.
struct SQLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Query the gateway's tables and govern it with SQL, also while it serves.",
        discussion: """
            GRANT, REVOKE, DENY, SHOW, DESCRIBE, CREATE, DROP, ALTER and COMMENT govern catalogs, schemas and services, as an administrator.
            Example: gatehouse sql "SELECT service_name, count(*) FROM system.ai_gateway.usage GROUP BY 1"
            If the statement begins with a comment, put -- before it.
            """
    )

    @Argument(help: "A statement: one that reads, or one that governs.")
    var statement: String

    @Option(help: "The output format: table, csv or json.")
    var format = SQLOutputFormat.table

    @Option(help: "The time limit of the statement in seconds.")
    var timeout = 60

    @Option(
        name: .customLong("config"),
        help: "The gateway's configuration file, for statements that govern what it declares."
    )
    var configurationFile: String?

    @OptionGroup var data: DataOptions

    func validate() throws {
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout must be between 1 and 86400.") }
    }

    func run() async throws {
        do {
            if let statement = try GovernanceStatement(statement) { return try govern(statement) }
            var limits = QueryLimits()
            limits.time = .seconds(timeout)
            let engine = try data.storage().openQueries(limits: limits)
            try SQLFront(engine: engine).run(statement, format: format, isTerminal: isatty(STDOUT_FILENO) == 1) {
                text in
                try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
            }
        } catch let error as QueryError {
            throw Self.failure("\(error)")
        } catch let error as GatewayError {
            throw Self.failure("[\(error.code.databricksCode)] \(error.message)")
        }
    }

    private func govern(_ statement: GovernanceStatement) throws {
        let rows = try GovernanceSession(try data.existingStorage(), configurationFile: configurationFile).run(
            statement
        )
        guard !rows.columns.isEmpty else { return }
        try SQLFront.write(
            columns: rows.columns,
            rows: rows.rows.map { $0.map { $0.map { .text($0) } ?? .null } },
            format: format,
            isTerminal: isatty(STDOUT_FILENO) == 1
        ) { text in
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        }
    }

    private static func failure(_ message: String) -> ExitCode {
        FileHandle.standardError.write(Data("\(TerminalText.escaping(message))\n".utf8))
        return .failure
    }
}

extension SQLOutputFormat: ExpressibleByArgument {}
