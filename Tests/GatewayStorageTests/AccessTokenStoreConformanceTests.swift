// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayStorage
import Testing

@Suite("Access token stores")
struct AccessTokenStoreConformanceTests {
    private func token(_ number: UInt8, expiresAt: Int64? = nil) -> AccessToken {
        AccessToken(
            id: "token-\(number)",
            hash: (0..<32).map { $0 ^ number },
            principal: "alice@example.com",
            kind: number % 2 == 0 ? .user : .servicePrincipal,
            isAdministrator: number == 0,
            comment: number == 0 ? nil : "it's \"mine\"",
            createdAt: 1_793_500_000_000_000 + Int64(number),
            expiresAt: expiresAt
        )
    }

    private func record(_ action: String) -> AuditRecord {
        AuditRecord(
            eventTime: 1,
            eventID: "\(action)-\(UInt64.random(in: 0 ... .max))",
            actor: "admin",
            serviceName: "tokens",
            actionName: action,
            target: "token"
        )
    }

    @Test("A token and the record of it are written together or not at all", arguments: StoreEngine.allCases)
    func records(engine: StoreEngine) throws {
        struct Failure: Error {}
        let tokens = try engine.makeAccessTokenStore()
        try tokens.store.insert(token(1), record: record("createToken"))
        #expect(throws: StorageError.self) { try tokens.store.insert(token(1), record: record("second")) }
        #expect(throws: Failure.self) {
            _ = try tokens.store.insert(token(2), record: record("unseen"), isFirst: false) { throw Failure() }
        }
        #expect(try !tokens.store.insert(token(2), record: record("not first"), isFirst: true) {})
        #expect(try !tokens.store.revokeAccessToken(id: "token-9", record: record("nothing")))
        #expect(try tokens.store.revokeAccessToken(id: "token-1", record: record("deleteToken")))
        #expect(try tokens.auditRecords().map(\.actionName) == ["createToken", "deleteToken"])
    }

    @Test("A token comes back as it was, the oldest first", arguments: StoreEngine.allCases)
    func roundTrip(engine: StoreEngine) throws {
        let tokens = try engine.makeAccessTokenStore()
        #expect(try tokens.store.accessTokens().isEmpty)
        let made = [token(0), token(1, expiresAt: 1_793_600_000_000_000), token(2)]
        for token in made { try tokens.store.insert(token, record: record("createToken")) }
        #expect(try tokens.store.accessTokens() == made)
    }

    @Test("A revoked token is gone, and revoking it again says so", arguments: StoreEngine.allCases)
    func revoke(engine: StoreEngine) throws {
        let tokens = try engine.makeAccessTokenStore()
        for number in 0..<3 { try tokens.store.insert(token(UInt8(number)), record: record("createToken")) }
        #expect(try tokens.store.revokeAccessToken(id: "token-1", record: record("deleteToken")))
        #expect(try !tokens.store.revokeAccessToken(id: "token-1", record: record("deleteToken")))
        #expect(try !tokens.store.revokeAccessToken(id: "' OR 1=1 --", record: record("deleteToken")))
        #expect(try tokens.store.accessTokens() == [token(0), token(2)])
    }

    @Test("Two tokens never share an id or a secret", arguments: StoreEngine.allCases)
    func duplicates(engine: StoreEngine) throws {
        let tokens = try engine.makeAccessTokenStore()
        try tokens.store.insert(token(1), record: record("createToken"))
        var sameID = token(2)
        sameID.id = "token-1"
        var sameHash = token(3)
        sameHash.hash = token(1).hash
        for copy in [sameID, sameHash] {
            let error = #expect(throws: StorageError.self) {
                try tokens.store.insert(copy, record: record("createToken"))
            }
            #expect(error?.code == .duplicate)
        }
        #expect(try tokens.store.accessTokens() == [token(1)])
    }

    @Test(
        "The version changes with every change, one's own and another process's, and only then",
        arguments: StoreEngine.allCases
    )
    func version(engine: StoreEngine) throws {
        let tokens = try engine.makeAccessTokenStore()
        let other = try tokens.otherDoor
        var seen = [try tokens.store.accessTokenVersion()]
        func expectChange(_ change: () throws -> Void) throws {
            try change()
            let version = try tokens.store.accessTokenVersion()
            #expect(!seen.contains(version))
            #expect(try tokens.store.accessTokenVersion() == version)
            seen.append(version)
        }
        try expectChange { try tokens.store.insert(token(1), record: record("createToken")) }
        try expectChange { try other.insert(token(2), record: record("createToken")) }
        #expect(try tokens.store.accessTokens() == [token(1), token(2)])
        try expectChange { _ = try other.revokeAccessToken(id: "token-1", record: record("deleteToken")) }
        try expectChange { _ = try tokens.store.revokeAccessToken(id: "token-2", record: record("deleteToken")) }
        #expect(try other.accessTokens().isEmpty)
        let before = try tokens.store.accessTokenVersion()
        #expect(try !tokens.store.revokeAccessToken(id: "token-9", record: record("deleteToken")))
        #expect(try tokens.store.accessTokenVersion() == before)
    }

    @Test("A token is stored if its secret was shown, and only then", arguments: StoreEngine.allCases)
    func showing(engine: StoreEngine) throws {
        struct Failure: Error {}
        let tokens = try engine.makeAccessTokenStore()
        let store = tokens.store
        let before = try store.accessTokenVersion()
        #expect(throws: Failure.self) {
            try store.insert(token(1), record: record("createToken"), isFirst: false) { throw Failure() }
        }
        #expect(try store.accessTokens().isEmpty)
        #expect(try store.accessTokenVersion() == before)
        var shown = 0
        #expect(try store.insert(token(1), record: record("createToken"), isFirst: true) { shown += 1 })
        #expect(try store.accessTokenVersion() != before)
        // Of two gateways that start at once, one has the first token.
        let other = try tokens.otherDoor
        #expect(try !other.insert(token(2), record: record("createToken"), isFirst: true) { shown += 1 })
        #expect(try other.insert(token(3), record: record("createToken"), isFirst: false) { shown += 1 })
        #expect(shown == 2)
        #expect(try store.accessTokens() == [token(1), token(3)])
    }

    @Test(
        "A name that a user has is no service principal's, in whatever form it is written",
        arguments: StoreEngine.allCases
    )
    func kinds(engine: StoreEngine) throws {
        let tokens = try engine.makeAccessTokenStore()
        let store = tokens.store
        var token = token(2)
        token.principal = "jose\u{301}"
        try store.insert(token, record: record("createToken"))
        #expect(try store.hasToken(of: "jos\u{E9}", ofOtherKindThan: .servicePrincipal))
        #expect(try !store.hasToken(of: "jos\u{E9}", ofOtherKindThan: .user))
        #expect(try !store.hasToken(of: "jose", ofOtherKindThan: .servicePrincipal))
    }
}
