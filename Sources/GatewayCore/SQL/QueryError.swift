// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Why a statement could not be run, in the terms that Databricks uses: an error condition, a message, an SQLSTATE.
package struct QueryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The error conditions that statements can meet.
    package enum Condition: String, Sendable, CaseIterable {
        case parseSyntaxError = "PARSE_SYNTAX_ERROR"
        case tableOrViewNotFound = "TABLE_OR_VIEW_NOT_FOUND"
        case unresolvedColumn = "UNRESOLVED_COLUMN"
        case unresolvedRoutine = "UNRESOLVED_ROUTINE"
        /// The statement is not one that reads.
        case unsupportedFeature = "UNSUPPORTED_FEATURE"
        /// The statement uses something that the gateway does not let it use.
        case insufficientPermissions = "INSUFFICIENT_PERMISSIONS"
        /// The statement costs more than one may.
        case resourceExhausted = "RESOURCE_EXHAUSTED"
        /// The store failed, or the statement failed while it ran.
        case internalError = "INTERNAL_ERROR"

        /// The SQLSTATE that belongs to the condition.
        package var sqlState: String {
            switch self {
            case .parseSyntaxError: "42601"
            case .tableOrViewNotFound: "42P01"
            case .unresolvedColumn: "42703"
            case .unresolvedRoutine: "42883"
            case .unsupportedFeature: "0A000"
            case .insufficientPermissions: "42501"
            case .resourceExhausted: "54000"
            case .internalError: "XX000"
            }
        }
    }

    package var condition: Condition
    /// What was wrong and what to do, in words for the one who wrote the statement.
    package var message: String

    package init(_ condition: Condition, _ message: String) {
        self.condition = condition
        self.message = message
    }

    /// That a table or view does not exist.
    ///
    /// - Parameter parts: its name as the statement spells it, without quotes.
    /// - Returns: the error.
    package static func tableNotFound(_ parts: [String]) -> QueryError {
        let name = parts.map { "`\($0)`" }.joined(separator: ".")
        return QueryError(
            .tableOrViewNotFound,
            "There is no table or view \(name). Check the spelling of the catalog, the schema and the name."
        )
    }

    /// `[CONDITION] message SQLSTATE: xxxxx`.
    package var description: String {
        "[\(condition.rawValue)] \(message) SQLSTATE: \(condition.sqlState)"
    }
}
