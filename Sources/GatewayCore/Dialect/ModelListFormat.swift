// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// How the clients of one vendor's SDK expect a model list.
package protocol ModelListFormat: Sendable {
    /// The paths of the list, without a leading slash; a single model is below each.
    var paths: [String] { get }
    /// The APIs of these clients: a model is listed if one of them reaches it, and errors look like those of the first.
    var apiTypes: [APIType] { get }

    /// A header by which its clients are known where lists of several APIs share a path; nil by default.
    var clientHeader: String? { get }

    /// Writes a page of the list.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` for a parameter that is not what the API allows.
    func write(_ models: [ListedModel], _ query: ModelListQuery, into writer: inout JSONWriter) throws(GatewayError)

    /// Writes one model.
    func write(_ model: ListedModel, into writer: inout JSONWriter)
}

extension ModelListFormat {
    package var clientHeader: String? { nil }
}

/// The parameters of a list's query, by their names.
package struct ModelListQuery: Sendable {
    private let parameters: [(name: String, value: String)]

    package init(_ parameters: [(name: String, value: String)]) {
        self.parameters = parameters
    }

    package func text(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// A number of models; nil if it is not given.
    package func count(_ name: String, in range: ClosedRange<Int>) throws(GatewayError) -> Int? {
        guard let text = text(name) else { return nil }
        guard let count = Int(text), range.contains(count) else {
            throw GatewayError(
                .invalidRequest,
                "\(name) must be a number from \(range.lowerBound) to \(range.upperBound).",
                parameter: name
            )
        }
        return count
    }
}

/// What a list tells of a model.
package struct ListedModel: Sendable, Equatable {
    /// The full name, which requests use.
    package var name: String
    /// The name without catalog and schema.
    package var displayName: String
    /// Those of its first destination.
    package var limits: ModelLimits
    /// The APIs of the list that reach it.
    package var apiTypes: [APIType]

    package init(name: String, displayName: String, limits: ModelLimits, apiTypes: [APIType]) {
        self.name = name
        self.displayName = displayName
        self.limits = limits
        self.apiTypes = apiTypes
    }
}
