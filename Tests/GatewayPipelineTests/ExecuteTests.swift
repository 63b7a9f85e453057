// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import Testing

@Suite("Grants")
struct ExecuteTests {
    private func metastore(_ grants: [Grant]) -> Metastore {
        var configuration = Configuration()
        configuration.grants = grants
        return Metastore(file: CatalogLayer(configuration))
    }

    private func may(_ caller: Caller, _ grants: [Grant], _ name: String = "main.ai.helper") throws -> Bool {
        let service = try #require(ObjectName(name))
        do throws(GatewayError) {
            try metastore(grants).checkExecute(service, by: caller)
            return true
        } catch {
            #expect(error.code == .forbidden)
            #expect(error.status == 403)
            return false
        }
    }

    private func grant(_ principal: String, _ privileges: PrivilegeSet, _ securable: Securable) -> Grant {
        Grant(principal: principal, privileges: privileges, securable: securable)
    }

    private let alice = Caller(name: "alice", kind: .user, groups: ["analysts"])

    @Test("Nobody may without a grant; administrators may all; everybody may system.ai")
    func defaults() throws {
        #expect(try !may(alice, []))
        #expect(try may(Caller(name: "root", kind: .user, isAdministrator: true), []))
        #expect(try may(alice, [], "system.ai.gpt-5"))
        #expect(try !may(alice, [], "system.other.gpt-5"))
        #expect(try !may(alice, [], "other.ai.gpt-5"))
    }

    @Test("It takes USE CATALOG, USE SCHEMA and EXECUTE, each where it is or above")
    func inheritance() throws {
        let helper = Securable.modelService(try #require(ObjectName("main.ai.helper")))
        let catalog = grant("alice", [.useCatalog], .catalog("main"))
        let schema = grant("alice", [.useSchema], .schema("main.ai"))
        let execute = grant("alice", [.execute], helper)
        #expect(try may(alice, [catalog, schema, execute]))
        for missing in [[schema, execute], [catalog, execute], [catalog, schema]] { #expect(try !may(alice, missing)) }
        #expect(try may(alice, [grant("alice", [.useCatalog, .useSchema, .execute], .catalog("main"))]))
        #expect(try may(alice, [grant("alice", [.allPrivileges], .catalog("main"))]))
        // What is granted below says nothing about what is above.
        #expect(try !may(alice, [grant("alice", [.allPrivileges], helper)]))
        #expect(try !may(alice, [grant("alice", [.allPrivileges], .schema("main.ai"))]))
        #expect(try !may(alice, [grant("alice", [.manage, .select, .readMetadata], .catalog("main"))]))
        // And not about neighbours.
        #expect(try !may(alice, [grant("alice", [.allPrivileges], .catalog("mainframe"))]))
        let neighbour = grant("alice", [.useSchema, .execute], .schema("main.ai2"))
        #expect(try !may(alice, [catalog, neighbour]))
    }

    @Test("A grant is the caller's own, one of a group, or everybody's")
    func principals() throws {
        for principal in ["alice", "analysts", PrincipalName.everybody] {
            #expect(try may(alice, [grant(principal, [.allPrivileges], .catalog("main"))]))
        }
        for principal in ["Alice", "bob", "analyst", ""] {
            #expect(try !may(alice, [grant(principal, [.allPrivileges], .catalog("main"))]))
        }
        #expect(
            try may(
                alice,
                [
                    grant("alice", [.useCatalog], .catalog("main")), grant("analysts", [.useSchema], .catalog("main")),
                    grant(PrincipalName.everybody, [.execute], .schema("main.ai")),
                ]
            )
        )
    }

    @Test("The refusal names what is missing")
    func message() throws {
        let service = try #require(ObjectName("main.ai.helper"))
        let metastore = metastore([grant("alice", [.useCatalog, .useSchema], .catalog("main"))])
        do throws(GatewayError) {
            try metastore.checkExecute(service, by: alice)
            Issue.record("alice may")
        } catch {
            #expect(error.message.contains("does not have EXECUTE privilege on MODEL SERVICE main.ai.helper"))
        }
    }
}
