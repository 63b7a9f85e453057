// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayPipeline
import NIOHTTP1
import Testing

@Suite("Who is who")
struct PrincipalTests {
    private let composed = "jos\u{E9}"
    private let decomposed = "jose\u{301}"

    private func caller(_ secret: String, in snapshot: Snapshot) throws -> Caller {
        try #require(snapshot.tokens.caller(withToken: secret.utf8, now: 0))
    }

    @Test("The forms of a name in Unicode have the same bytes; nothing else is changed")
    func normalized() {
        for name in [composed, decomposed] {
            #expect(Array(PrincipalName.normalized(name).utf8) == Array(composed.utf8))
        }
        for name in ["", "alice@example.com", "Alice", "\u{FF4A}ose", "stra\u{DF}e"] {
            #expect(Array(PrincipalName.normalized(name).utf8) == Array(name.utf8))
        }
    }

    @Test("A name shows all that it holds")
    func visible() {
        for name in ["alice@example.com", "Zoë (Ops)", "日本", decomposed] { #expect(PrincipalName.isVisible(name)) }
        for hidden in [
            "\u{0}", "\n", "\u{1B}", "\u{7F}", "\u{AD}", "\u{200B}", "\u{202E}", "\u{2028}", "\u{2066}", "\u{FE0F}",
            "\u{FEFF}",
        ] {
            #expect(!PrincipalName.isVisible("a\(hidden)b"))
        }
    }

    @Test("Tokens of two forms of a name are one caller with the groups and the responses of that name")
    func oneCaller() throws {
        let snapshot = Catalog.snapshot(
            [],
            tokens: [Catalog.token("gth_1", of: composed), Catalog.token("gth_2", of: decomposed)],
            principals: [.init(name: composed, kind: .user, groups: ["team"])]
        )
        let callers = try ["gth_1", "gth_2"].map { try caller($0, in: snapshot) }
        #expect(callers.allSatisfy { $0.groups == ["team"] })
        #expect(Set(callers.map { Array($0.identity.utf8) }).count == 1)
    }

    @Test("The built-in administrator is nobody else, and nobody can be named like it")
    func builtIn() throws {
        let snapshot = Catalog.snapshot(
            [],
            tokens: [
                Catalog.token("gth_first", of: "admin", isAdministrator: true), Catalog.token("gth_user", of: "admin"),
                Catalog.token("gth_app", of: "admin", kind: .servicePrincipal),
                Catalog.token("gth_named", of: "ADMINISTRATOR:admin"),
            ]
        )
        let first = try caller("gth_first", in: snapshot)
        #expect(first.identity == Snapshot.administrator.identity)
        #expect(first.isAdministrator)
        let others = try ["gth_user", "gth_app", "gth_named"].map { try caller($0, in: snapshot).identity }
        #expect(Set(others + [first.identity]).count == 4)
        #expect(try !caller("gth_user", in: snapshot).isAdministrator)
    }

    @Test("A grant to a group is nothing to a caller of the same name, and the other way round")
    func nameSpaces() throws {
        let service = try Catalog.service("main.ai.helper", [try Catalog.destination("m")])
        func may(_ token: String, grantTo principal: String) throws -> Bool {
            let snapshot = Catalog.snapshot(
                [service],
                tokens: [
                    Catalog.token("gth_member", of: "alice"), Catalog.token("gth_user", of: "analysts"),
                    Catalog.token("gth_app", of: "analysts", kind: .servicePrincipal),
                    Catalog.token("gth_reserved", of: "account users"), Catalog.token("gth_admins", of: "admins"),
                ],
                principals: [.init(name: "alice", kind: .user, groups: ["analysts"])],
                grants: [Grant(principal: principal, privileges: [.allPrivileges], securable: .catalog("main"))]
            )
            let caller = try caller(token, in: snapshot)
            return (try? snapshot.metastore.checkExecute(service.name, by: caller)) != nil
        }
        #expect(try may("gth_member", grantTo: "analysts"))
        #expect(try may("gth_member", grantTo: "alice"))
        for token in ["gth_user", "gth_app"] {
            #expect(try !may(token, grantTo: "analysts"))
            #expect(try !may(token, grantTo: "alice"))
            #expect(try may(token, grantTo: "account users"))
        }
        #expect(try !may("gth_admins", grantTo: "admins"))
        #expect(try !may("gth_reserved", grantTo: "alice"))
    }

    @Test("A model that is hidden and one that is not there are the same, in every form of the name")
    func hidden() throws {
        let service = try Catalog.service("main.ai.helper", [try Catalog.destination("m")])
        let snapshot = Catalog.snapshot([service], tokens: [Catalog.token("gth_eve", of: "eve")])
        let directory = ModelDirectory(
            snapshots: CurrentSnapshot(snapshot),
            authenticator: Authenticator(metrics: Metrics())
        )
        func told(_ name: String) -> String {
            do throws(GatewayError) {
                _ = try directory.model(
                    named: name,
                    for: ["authorization": "Bearer gth_eve"],
                    reachableBy: [.openAIChat, .mlflowChat]
                )
                return "found"
            } catch {
                return "\(error)"
            }
        }
        for form in ["main.ai.NAME", "main.ai.NAME[1m]", "NAME", "databricks-NAME", "main.ai.NAME "] {
            let words = ["helper", "absent"].map { name in
                told(form.split(separator: "NAME", omittingEmptySubsequences: false).joined(separator: name))
                    .split(separator: name).joined(separator: "NAME")
            }
            #expect(words[0] == words[1])
            #expect(words[0].contains("does not exist"))
        }
    }
}
