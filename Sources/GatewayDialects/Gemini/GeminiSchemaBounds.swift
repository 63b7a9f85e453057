// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// What the schemas of one request may take while their references are replaced.
///
/// How many bytes all of them may have together is the bound of the request.
struct GeminiSchemaBounds {
    /// The most bytes that a schema may have once its references are replaced.
    static let maximumBytes = 1 << 20

    /// Bytes that may still be read to follow references: some tenths of a second at worst.
    private(set) var work = 256 << 20

    /// What `build` writes of one schema.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if it is too large or too deep.
    func value(_ path: String, _ build: (inout JSONWriter) -> Void) throws(GatewayError) -> JSONValue {
        do throws(JSONWriter.Excess) {
            return try JSONValue(maximumBytes: Self.maximumBytes, build)
        } catch {
            switch error {
            case .bytes: throw Self.tooLarge(path)
            case .depth:
                throw .invalid(
                    path,
                    "would nest more than \(JSONWriter.maximumDepth) levels once its '$ref's are replaced."
                )
            }
        }
    }

    /// Takes off what was read to follow the references of a schema.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if it was too much.
    mutating func take(_ references: GeminiSchemaReferences, _ path: String) throws(GatewayError) {
        guard !references.isExhausted else { throw Self.tooLarge(path) }
        work = references.remainingWork
    }

    private static func tooLarge(_ path: String) -> GatewayError {
        .invalid(path, "would have more than \(maximumBytes) bytes once its '$ref's are replaced.")
    }
}
