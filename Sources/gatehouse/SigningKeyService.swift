// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayGovernance
import GatewayIdentity
import GatewayJSON
import GatewayPipeline
import Logging
import NIOCore
import ServiceLifecycle

/// Keeps the keys that access tokens are signed with: encrypted in the store, the same for every process on it, and replaced in time.
struct SigningKeyService: Service {
    private static let name = "signing_keys"
    private static let interval = Duration.seconds(60)

    let store: any CatalogStore
    let vault: SecretVaultSource
    let tokens: TokenService
    let logger: Logger

    /// The keys of a store; made if there are none.
    static func load(from store: any CatalogStore, vault: SecretVaultSource) throws -> SigningKeys {
        while true {
            let sealed = try store.sealedValue(named: name)
            let now = Authenticator.wallClock()
            if let sealed {
                var keys = try decode(sealed, vault)
                guard keys.rotate(now: now) else { return keys }
                if try store.setSealedValue(try encode(keys, vault), named: name, replacing: sealed) { return keys }
            } else {
                let keys = SigningKeys(now: now)
                if try store.setSealedValue(try encode(keys, vault), named: name, replacing: nil) { return keys }
            }
        }
    }

    private static func encode(_ keys: SigningKeys, _ vault: SecretVaultSource) throws -> [UInt8] {
        try vault.seal(["keys": String(buffer: keys.json.bytes)], for: name)
    }

    private static func decode(_ sealed: [UInt8], _ vault: SecretVaultSource) throws -> SigningKeys {
        let json = try vault.open(sealed, for: name)["keys"] ?? ""
        return try SigningKeys(json: ByteBuffer(string: json))
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                do {
                    tokens.use(try Self.load(from: store, vault: vault))
                } catch {
                    logger.error("The signing keys cannot be read", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
