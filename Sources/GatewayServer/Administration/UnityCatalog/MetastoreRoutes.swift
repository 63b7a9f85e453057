// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewayPipeline

/// What Databricks' clients ask about the metastore: there is one, and every workspace has it.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `MetastoreAssignment`, `GetMetastoreSummaryResponse` (2026-11).
struct MetastoreRoutes {
    var routes: [AdministrationRoute] {
        [
            AdministrationRoute(.get, "/api/2.1/unity-catalog/current-metastore-assignment") { request in
                .object { writer in
                    writer.member("metastore_id", Self.metastoreID(request))
                    writer.member("workspace_id", Int(request.snapshot.configuration.workspaceID) ?? 0)
                    writer.member("default_catalog_name", "system")
                }
            },
            AdministrationRoute(.get, "/api/2.1/unity-catalog/metastore_summary") { request in
                .object { writer in
                    writer.member("metastore_id", Self.metastoreID(request))
                    writer.member("global_metastore_id", "gatehouse:\(Self.metastoreID(request))")
                    writer.member("name", "gatehouse")
                    writer.member("owner", PrincipalName.administrators)
                    writer.member("cloud", "gatehouse")
                    writer.member("region", "local")
                    writer.member("privilege_model_version", "1.0")
                }
            },
        ]
    }

    /// The id of the metastore, which follows from the workspace's.
    static func metastoreID(_ request: AdministrationRequest) -> String {
        metastoreID(workspace: request.snapshot.configuration.workspaceID)
    }

    static func metastoreID(workspace: String) -> String {
        let text = String(FNV1a("metastore:\(workspace)").value, radix: 16)
        let digits = String(repeating: "0", count: 16 - text.count) + text
        return "\(digits.prefix(8))-\(digits.dropFirst(8).prefix(4))-8\(digits.suffix(3))-8000-000000000000"
    }
}
