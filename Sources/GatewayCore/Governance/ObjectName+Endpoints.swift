// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Model services as serving endpoints, whose names at Databricks are flat.
extension ObjectName {
    /// The schema of the model services that serving endpoints with a flat name are.
    ///
    /// Databricks has endpoints in no schema: whoever may query one needs no other right. So everybody may use this schema.
    package static let endpointSchema = "system.serving_endpoints"

    /// The model service that a serving endpoint with a flat name is; nil for a name with dots or other characters than ``init(_:)`` takes.
    package init?(endpoint name: String) {
        guard !name.utf8.contains(UInt8(ascii: ".")) else { return nil }
        self.init("\(Self.endpointSchema).\(name)")
    }

    /// The flat name by which a model service is called, if it is in the schema of serving endpoints.
    ///
    /// A name with dots is nobody's flat name, so that none passes for a full name.
    package var flatEndpointName: String? {
        guard "\(catalog).\(schema)" == Self.endpointSchema else { return nil }
        return name.utf8.contains(UInt8(ascii: ".")) ? nil : name
    }

    /// What the API of serving endpoints calls a model service: by its flat name, by `databricks-` and the model for one of `system.ai`, else by its full name.
    package var endpointName: String {
        if let flatEndpointName { return flatEndpointName }
        guard catalog == "system", schema == "ai" else { return description }
        return name.hasPrefix("databricks-") ? name : "databricks-\(name)"
    }
}
