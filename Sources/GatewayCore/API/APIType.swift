// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// An API that clients may call, named as in `system.ai_gateway.usage.api_type`.
///
/// The dialect that speaks it defines it, with its endpoints. Two with the same name are the same.
/// Names: Databricks documentation, "Use model services" (2026-11); those that it does not list are made in the same way.
package struct APIType: Sendable, Hashable, CustomStringConvertible {
    /// What is asked of the model.
    package enum Operation: Sendable {
        /// An answer.
        case generate
        /// Vectors.
        case embed
        /// How many tokens a request for an answer would have; nothing is generated.
        case countTokens
        /// A shorter form of a conversation, which only the provider that made it can read.
        case compact

        /// Whether lists of what a model can do name it: counts and compactions come with answers.
        package var isListed: Bool { self == .generate || self == .embed }
    }

    private let id: StaticName
    /// The wire format that clients of this API send and expect; for ``Operation/countTokens`` that of the requests that are counted.
    package let wireFormat: WireFormat
    package let operation: Operation
    /// Whether the path names the model, so that a `model` in the body is the vendor's affair.
    package let namesModelInPath: Bool

    /// - Parameters:
    ///   - name: As usage rows have it.
    ///   - wireFormat: What clients send and expect.
    ///   - operation: By default an answer, or vectors where the format is of embeddings.
    ///   - namesModelInPath: Whether the path, and not the body, names the model.
    package init(
        _ name: StaticString,
        _ wireFormat: WireFormat,
        operation: Operation? = nil,
        namesModelInPath: Bool = false
    ) {
        id = StaticName(name)
        self.wireFormat = wireFormat
        self.operation = operation ?? (wireFormat.isEmbeddings ? .embed : .generate)
        self.namesModelInPath = namesModelInPath
    }

    package var name: String { id.description }

    package var description: String { name }

    package static func == (left: APIType, right: APIType) -> Bool { left.id == right.id }

    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
