// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("Names of serving endpoints")
struct EndpointNameTests {
    @Test(
        "A model service is called by its flat name, as a model of the system, or by its full name",
        arguments: [
            ("system.serving_endpoints.chat", "chat"), ("system.ai.gpt-5", "databricks-gpt-5"),
            ("system.ai.databricks-x", "databricks-x"), ("main.ai.helper", "main.ai.helper"),
            ("system.serving_endpoints.chat.one", "system.serving_endpoints.chat.one"),
        ]
    )
    func names(full: String, endpoint: String) throws {
        #expect(try #require(ObjectName(full)).endpointName == endpoint)
    }

    @Test("A flat name has no dots, so that none passes for a full name")
    func flatNames() throws {
        #expect(ObjectName(endpoint: "chat-1_a")?.description == "system.serving_endpoints.chat-1_a")
        for text in ["", "a.b", "main.ai.helper", "a b", "a/b"] { #expect(ObjectName(endpoint: text) == nil) }
        #expect(try #require(ObjectName("system.serving_endpoints.main.ai.helper")).flatEndpointName == nil)
    }

    @Test("Everybody may use the schema of serving endpoints, and make nothing in it")
    func schema() {
        let metastore = Metastore(file: CatalogLayer(Configuration()))
        let anybody = Caller(name: "a@example.com", kind: .user, groups: [])
        let schema = Securable.schema(ObjectName.endpointSchema)
        #expect(metastore.holds(.useSchema, anybody, on: schema))
        #expect(!metastore.holds(.createService, anybody, on: schema))
        #expect(!metastore.holds(.execute, anybody, on: schema))
    }
}
