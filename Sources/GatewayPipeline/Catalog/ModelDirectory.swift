// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOHTTP1

/// The models that a caller may execute, for the lists of models.
package struct ModelDirectory: Sendable {
    private let snapshots: CurrentSnapshot
    private let authenticator: Authenticator

    package init(snapshots: CurrentSnapshot, authenticator: Authenticator) {
        self.snapshots = snapshots
        self.authenticator = authenticator
    }

    /// The models that the sender of a request may execute through one of some APIs, sorted by name.
    ///
    /// `Databricks-Model-Provider-Service` leaves those that the provider service of this name serves,
    /// `Databricks-Model-Service-Parent-Schema` those of one `catalog.schema`.
    /// - Throws: ``GatewayError/Code/unauthenticated``
    package func models(
        for headers: HTTPHeaders,
        reachableBy types: [APIType]
    ) throws(GatewayError) -> [ListedModel] {
        let snapshot = snapshots.value
        let caller = try authenticator.caller(headers, in: snapshot, now: Call.wallClock())
        let provider = headers.first(name: DirectServices.header)
        let schema = headers.first(name: "databricks-model-service-parent-schema")
        return snapshot.modelServices.compactMap { prepared in
            let service = prepared.service
            if let schema, "\(service.name.catalog).\(service.name.schema)" != schema { return nil }
            if let provider, !service.destinations.contains(where: { $0.service.name.description == provider }) {
                return nil
            }
            guard snapshot.mayExecute(prepared, caller) else { return nil }
            return Self.listed(prepared, types)
        }
    }

    /// One model by any name that a request may give it.
    ///
    /// - Throws: ``GatewayError/Code/modelNotFound``, also for a model that the caller may not execute or that none of the APIs reaches.
    package func model(
        named name: String,
        for headers: HTTPHeaders,
        reachableBy types: [APIType]
    ) throws(GatewayError) -> ListedModel {
        let snapshot = snapshots.value
        let caller = try authenticator.caller(headers, in: snapshot, now: Call.wallClock())
        let prepared = try snapshot.service(named: name, for: caller)
        guard snapshot.mayExecute(prepared, caller), let model = Self.listed(prepared, types) else {
            // In the client's own words: the full name, the alias or the suffix resolved, would tell that it is there.
            throw snapshot.notFound(name, for: caller)
        }
        return model
    }

    private static func listed(_ prepared: PreparedService, _ types: [APIType]) -> ListedModel? {
        let reached = prepared.supportedAPITypes.filter(types.contains)
        guard !reached.isEmpty, let destination = prepared.service.destinations.first else { return nil }
        return ListedModel(
            name: prepared.service.name.description,
            displayName: prepared.service.name.name,
            limits: destination.limits,
            apiTypes: reached
        )
    }
}
