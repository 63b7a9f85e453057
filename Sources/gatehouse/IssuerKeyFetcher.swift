// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import AsyncHTTPClient
import GatewayCore
import GatewayIdentity
import GatewayJSON
import GatewayPipeline
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Fetches the keys of trusted issuers, and keeps them for a while.
///
/// A key that is not known yet makes it fetch again, but not more often than every so often, whether that succeeds or fails, and one fetch at a time: strangers choose
/// what keys they name.
final class IssuerKeyFetcher: Sendable {
    private static let lifetime = Duration.seconds(3600)
    private static let pause = Duration.seconds(30)
    private static let timeout = TimeAmount.seconds(10)

    private struct Entry {
        var keys: IssuerKeys?
        /// When the last fetch began.
        var began: ContinuousClock.Instant
        /// The fetch under way, which everybody waits for who needs the keys.
        var fetch: Task<IssuerKeys, any Error>?
    }

    private let snapshots: @Sendable () -> Snapshot?
    private let logger: Logger
    private let entries = Mutex<[String: Entry]>([:])

    /// Makes it; `snapshots` has the issuers' addresses.
    init(logger: Logger, snapshots: @escaping @Sendable () -> Snapshot?) {
        self.logger = logger
        self.snapshots = snapshots
    }

    func keys(of issuer: TrustedIssuer, _ keyID: String?) async throws(TokenError) -> IssuerKeys {
        let fetch = entries.withLock { entries -> Result<Task<IssuerKeys, any Error>, Known> in
            let entry = entries[issuer.url]
            if let fetch = entry?.fetch { return .success(fetch) }
            if let entry {
                let age = ContinuousClock.now - entry.began
                let isKnown = entry.keys.map { keys in keyID.map { keys.hasKey($0) } ?? true } ?? false
                if isKnown ? age < Self.lifetime : age < Self.pause { return .failure(Known(keys: entry.keys)) }
            }
            let fetch = Task { try await self.load(issuer) }
            entries[issuer.url] = Entry(keys: entry?.keys, began: .now, fetch: fetch)
            return .success(fetch)
        }
        let old: IssuerKeys?
        switch fetch {
        case .failure(let known): old = known.keys
        case .success(let fetch):
            if let keys = try? await fetch.value { return keys }
            old = entries.withLock { $0[issuer.url]?.keys }
        }
        // Old keys are better than none while the issuer does not answer.
        guard let old else {
            throw TokenError(.invalidGrant, "The keys of the issuer '\(issuer.url)' cannot be fetched now.")
        }
        return old
    }

    /// What is known of an issuer, which it is too soon to ask again.
    private struct Known: Error {
        let keys: IssuerKeys?
    }

    /// Fetches the keys, and keeps them.
    private func load(_ issuer: TrustedIssuer) async throws -> IssuerKeys {
        do {
            let keys = try IssuerKeys(jwks: try await fetch(from: try await address(of: issuer)))
            entries.withLock { entries in
                entries[issuer.url]?.keys = keys
                entries[issuer.url]?.fetch = nil
            }
            return keys
        } catch {
            entries.withLock { $0[issuer.url]?.fetch = nil }
            logger.error(
                "The keys of an issuer cannot be fetched",
                metadata: ["issuer": "\(issuer.url)", "error": "\(error)"]
            )
            throw error
        }
    }

    /// Where the keys are: as configured, or as the issuer's own document says.
    private func address(of issuer: TrustedIssuer) async throws -> String {
        let configured = snapshots()?.configuration.trustedIssuers.first { $0.url == issuer.url }?.keysURL
        if let configured { return configured }
        var base = issuer.url
        while base.hasSuffix("/") { base.removeLast() }
        let document = try JSONValue(validating: try await fetch(from: "\(base)/.well-known/openid-configuration"))
        guard document.object?["issuer"]?.string == issuer.url, let url = document.object?["jwks_uri"]?.string,
            let address = UpstreamAddress(baseURL: url),
            address.isSecure || Loopback.contains(host: address.authority)
        else { throw FetchError(description: "Its document names another issuer, or no usable jwks_uri.") }
        return url
    }

    private func fetch(from url: String) async throws -> ByteBuffer {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: Self.timeout)
        guard response.status == .ok else {
            throw FetchError(description: "\(url) answers with \(response.status.code).")
        }
        return try await response.body.collect(upTo: IssuerKeys.maximumLength)
    }

    private struct FetchError: Error, CustomStringConvertible {
        let description: String
    }
}
