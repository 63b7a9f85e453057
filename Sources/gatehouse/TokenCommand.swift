// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayCore
import GatewayGovernance
import GatewayPipeline
import GatewaySQL

/// The command `gatehouse token`.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Create, list and revoke access tokens. A running gateway sees the change within a second.",
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a token and print it once.")

        @Option(help: "The user who owns the token, usually an email address.")
        var user: String?

        @Option(name: .customLong("service-principal"), help: "The service principal that owns the token.")
        var servicePrincipal: String?

        @Flag(help: "Give the token administrator rights.")
        var admin = false

        @Option(name: .customLong("lifetime-days"), help: "Days until the token expires. Default: never.")
        var lifetimeDays: Int?

        @Option(help: "A note about the token.")
        var comment: String?

        @OptionGroup var data: DataOptions

        func validate() throws {
            guard (user == nil) != (servicePrincipal == nil) else {
                throw ValidationError("Specify the token owner: either --user or --service-principal.")
            }
            guard (1...255).contains(name.utf8.count), PrincipalName.isVisible(name) else {
                throw ValidationError(
                    "A name must have 1 to 255 bytes, without control characters or invisible characters."
                )
            }
            let reserved = [PrincipalName.everybody, PrincipalName.administrators]
            guard !reserved.contains(name) else {
                throw ValidationError("\(name) is a built-in group. Groups have no tokens.")
            }
            guard (comment ?? "").utf8.count <= 1024 else {
                throw ValidationError("--comment must be at most 1024 bytes.")
            }
            if let lifetimeDays, !(1...36_500).contains(lifetimeDays) {
                throw ValidationError("--lifetime-days must be between 1 and 36500.")
            }
        }

        private var name: String { PrincipalName.normalized(user ?? servicePrincipal ?? "") }

        func run() async throws {
            let store = try data.existingStorage().openAccessTokens()
            let kind: Caller.Kind = user != nil ? .user : .servicePrincipal
            // Grants name both alike, so that one name must not be two of them.
            guard try !store.hasToken(of: name, ofOtherKindThan: kind) else {
                let other = kind == .user ? "a service principal" : "a user"
                throw ValidationError("\(name) is \(other) already, by another token.")
            }
            let secret = AccessTokenSecret.random()
            let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
            let token = AccessToken(
                id: UUID().uuidString.lowercased(),
                hash: secret.hash,
                principal: name,
                kind: kind,
                isAdministrator: admin,
                comment: comment,
                createdAt: now,
                expiresAt: lifetimeDays.map { now + Int64($0) * 86_400_000_000 }
            )
            // Stored only if it was shown: nobody could ever find it out again.
            let record = Actor(Snapshot.administrator, time: now).record(creating: token)
            _ = try store.insert(token, record: record, isFirst: false) { try StandardStreams.print(secret.text) }
            try store.close()
            let owner = "\(kind == .user ? "user" : "service principal") \(TerminalText.escaping(name))"
            let expiry = token.expiresAt.map { ", until \(List.date($0))" } ?? ""
            FileHandle.standardError.write(
                Data(
                    "A token for the \(owner)\(admin ? ", with administrator rights" : "")\(expiry). It is shown only once.\n"
                        .utf8
                )
            )
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the tokens, without their secrets.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            let store = try data.existingStorage().openAccessTokens()
            let tokens = try store.accessTokens().filter { $0.purpose == .token }
            try store.close()
            for token in tokens {
                let expiry = token.expiresAt.map(Self.date) ?? "never"
                let kind = token.kind == .user ? "user" : "service principal"
                let admin = token.isAdministrator ? ", administrator" : ""
                let comment = token.comment.map { "  \(TerminalText.escaping($0))" } ?? ""
                let principal = TerminalText.escaping(token.principal)
                print(
                    "\(token.id)  \(principal) (\(kind)\(admin))  created \(Self.date(token.createdAt))  expires \(expiry)\(comment)"
                )
            }
        }

        fileprivate static func date(_ microseconds: Int64) -> String {
            Date(timeIntervalSince1970: Double(microseconds) / 1_000_000).formatted(.iso8601)
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a token by its id from `token list`.")

        @Argument(help: "The token's id.")
        var id: String

        @OptionGroup var data: DataOptions

        func run() async throws {
            let store = try data.existingStorage().openAccessTokens()
            let token = try store.accessTokens().first { $0.id == id }
            let actor = Actor(Snapshot.administrator, time: Authenticator.wallClock())
            let wasThere = try token.map { try store.revokeAccessToken(id: id, record: actor.record(revoking: $0)) }
            try store.close()
            guard wasThere == true else {
                throw ValidationError("There is no token with the id \(TerminalText.escaping(id)).")
            }
            print("Revoked \(id)")
        }
    }
}
