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

    /// Bytes that may still be read, each as often as levels are above it and references lead to it: some tenths of a second at worst.
    private(set) var work = 256 << 20

    /// The same for what is only looked into, which is faster.
    private(set) var findingWork = 512 << 20

    /// What `build` writes of one schema; it returns false if it gave up since the schema takes too much.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if it is too large or too deep.
    func value(
        of owner: GeminiSchemaOwner,
        _ build: (inout JSONWriter) -> Bool
    ) throws(GatewayError) -> JSONValue {
        var isReadable = true
        let written: Result<JSONValue, JSONWriter.Excess>
        do throws(JSONWriter.Excess) {
            written = .success(try JSONValue(maximumBytes: Self.maximumBytes) { isReadable = build(&$0) })
        } catch {
            written = .failure(error)
        }
        guard isReadable else {
            throw Self.unreadable(owner)
        }
        switch written {
        case .success(let schema): return schema
        case .failure(.bytes):
            throw owner.refusal("would have more than \(Self.maximumBytes) bytes once its '$ref's are replaced.")
        case .failure(.depth):
            throw owner.refusal(
                "would nest more than \(JSONWriter.maximumDepth) levels once its '$ref's are replaced."
            )
        }
    }

    /// Takes off what was read of a schema to look into it.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if it was too much.
    mutating func take(_ findings: GeminiSchemaFindings, of owner: GeminiSchemaOwner) throws(GatewayError) {
        findingWork = findings.remainingWork
        guard findingWork >= 0 else { throw Self.unreadable(owner) }
    }

    /// Takes off what was read of a schema to write it.
    mutating func take(_ references: GeminiSchemaReferences) { work = references.remainingWork }

    private static func unreadable(_ owner: GeminiSchemaOwner) -> GatewayError {
        owner.refusal(
            "takes too much to read, because nested and referenced ('$ref') content counts each time: shorten it, nest it less deeply or use fewer '$ref's."
        )
    }
}
